import { describe, expect, it } from "vitest";
import { manifestName, NO_PREFIXES, parseName, receiptName, type SetId, signaturesName, volumeName } from "./names.ts";
import { stockFixture } from "./test-support.ts";

const T1 = new Date("2026-11-22T02:43:19Z");
const T2 = new Date("2026-11-22T02:43:30Z");
const FULL: SetId = { kind: "full", start: T1, end: T1 };
const INC: SetId = { kind: "inc", start: T1, end: T2 };
const PREFIXES = { all: "p-", archive: "A_", manifest: "M_", signature: "S_" };

describe("names as written (spec 1.1)", () => {
  it.each([
    [volumeName(FULL, 12, "gpg"), "duplicity-full.20261122T024319Z.vol12.difftar.gpg"],
    [volumeName(FULL, 1, "gzip"), "duplicity-full.20261122T024319Z.vol1.difftar.gz"],
    [volumeName(INC, 1, "plain"), "duplicity-inc.20261122T024319Z.to.20261122T024330Z.vol1.difftar"],
    [manifestName(FULL, "gpg"), "duplicity-full.20261122T024319Z.manifest.gpg"],
    [manifestName(FULL, "gzip"), "duplicity-full.20261122T024319Z.manifest"],
    [manifestName(INC, "plain"), "duplicity-inc.20261122T024319Z.to.20261122T024330Z.manifest"],
    [signaturesName(FULL, "gzip"), "duplicity-full-signatures.20261122T024319Z.sigtar.gz"],
    [signaturesName(INC, "gpg"), "duplicity-new-signatures.20261122T024319Z.to.20261122T024330Z.sigtar.gpg"],
    [volumeName(FULL, 1, "gpg", PREFIXES), "p-A_duplicity-full.20261122T024319Z.vol1.difftar.gpg"],
    [manifestName(FULL, "gpg", PREFIXES), "p-M_duplicity-full.20261122T024319Z.manifest.gpg"],
    [signaturesName(FULL, "gpg", PREFIXES), "p-S_duplicity-full-signatures.20261122T024319Z.sigtar.gpg"],
    [receiptName(FULL), "duplicity-full.20261122T024319Z.receipt"],
    [receiptName(INC, PREFIXES), "p-M_duplicity-inc.20261122T024319Z.to.20261122T024330Z.receipt"],
  ])("%s", (name, expected) => {
    expect(name).toBe(expected);
  });

  it("are read back", () => {
    for (const set of [FULL, INC]) {
      for (const prefixes of [NO_PREFIXES, PREFIXES]) {
        for (const encoding of ["plain", "gzip", "gpg"] as const) {
          const common = { set, encoding, partial: false };
          const volume = volumeName(set, 7, encoding, prefixes);
          const signatures = signaturesName(set, encoding, prefixes);
          const manifest = manifestName(set, encoding, prefixes);
          expect(parseName(volume, prefixes)).toEqual({ ...common, role: "volume", volume: 7, name: volume });
          expect(parseName(signatures, prefixes)).toEqual({ ...common, role: "signatures", name: signatures });
          const stored = encoding === "gzip" ? "plain" : encoding;
          expect(parseName(manifest, prefixes)).toEqual({ ...common, encoding: stored, role: "manifest", name: manifest });
        }
        const receipt = receiptName(set, prefixes);
        expect(parseName(receipt, prefixes)).toEqual({ set, encoding: "plain", partial: false, role: "receipt", name: receipt });
      }
    }
  });
});

describe("names as read (spec 1.2 to 1.4)", () => {
  const short = { start: new Date(1_795_315_275_000), end: new Date(1_795_315_277_000) };
  it.each([
    ["di.tovu4r.tovu4t.1.dt.g", { role: "volume", set: { kind: "inc", ...short }, volume: 1, encoding: "gpg" }],
    ["di.tovu4r.tovu4t.zz.dt.z", { role: "volume", set: { kind: "inc", ...short }, volume: 1295, encoding: "gzip" }],
    ["df.tovu4r.m", { role: "manifest", set: { kind: "full", start: short.start, end: short.start }, encoding: "plain" }],
    ["dfs.tovu4r.st.g", { role: "signatures", set: { kind: "full", start: short.start, end: short.start }, encoding: "gpg" }],
    ["dns.tovu4r.tovu4t.st", { role: "signatures", set: { kind: "inc", ...short }, encoding: "plain" }],
    ["duplicity-full.2026-11-21T21:43:19-05:00.vol1.difftar.gz", { role: "volume", set: FULL, volume: 1, encoding: "gzip" }],
    ["duplicity-full.1795315399.manifest", { role: "manifest", set: FULL, encoding: "plain" }],
    ["duplicity-full.20261122t024319z.manifest.gz", { role: "manifest", set: FULL, encoding: "gzip" }],
    ["duplicity-full.20261122T024319Z.manifest.part", { role: "manifest", set: FULL, encoding: "plain", partial: true }],
    [
      "duplicity-full-signatures.20261122T024319Z.sigtar.part",
      { role: "signatures", set: FULL, encoding: "plain", partial: true },
    ],
    ["duplicity-full.20261122T024319Z.jsonstat.gpg", { role: "jsonstat", set: FULL, encoding: "gpg" }],
    ["duplicity-inc.20261122T024319Z.to.20261122T024330Z.jsonstat", { role: "jsonstat", set: INC, encoding: "plain" }],
  ])("%s", (name, expected) => {
    expect(parseName(name)).toEqual({ partial: false, ...expected, name });
  });

  it.each([
    "duplicity-full.20261122T024319Z.vol1.difftar.tmp",
    "duplicity-full.20261122T024319Z.vol1.difftar.gpg.part2",
    "duplicity-full.20261122T024319Z.vol1.difftar.gpg.par2",
    "duplicity-full.20261122T024319Z.manifest.bak",
    "duplicity-full.20261122T024319Z.receipt.gpg",
    "duplicity-full.20261122T024319Z.receipt.part",
    "duplicity-full.20261122T024319Z.vol0.difftar",
    "duplicity-full.20261122T024319Z.vol1.difftar~",
    "xduplicity-full.20261122T024319Z.manifest",
    ".duplicity-full.20261122T024319Z.manifest",
    "duplicity-full.20261122T024319Z.vol1.difftarx",
    "duplicity-full.3D.manifest",
    "duplicity-full.2023-11-14.manifest",
    "Duplicity-full.20261122T024319Z.manifest",
    "df.TOVU4R.m",
    "df.0.m",
    "duplicity-full.20261122T024319Z.manifest.gz.gpg",
    "duplicity-inc.20261122T024319Z.manifest",
    "",
    "README",
  ])("passes over %j", (name) => {
    expect(parseName(name)).toBeUndefined();
  });

  it("wants the prefix, the right one", () => {
    const name = "p-A_duplicity-full.20261122T024319Z.manifest.gpg";
    expect(parseName(name, PREFIXES)).toBeUndefined();
    expect(parseName(name, { ...PREFIXES, manifest: "A_" })?.role).toBe("manifest");
    expect(parseName(name)).toBeUndefined();
  });

  it("takes prefixes and separators literally", () => {
    expect(parseName("a+bduplicity-full.20261122T024319Z.manifest", { ...NO_PREFIXES, all: "a+b" })?.role).toBe("manifest");
    expect(parseName("duplicity-full.2026-11-21T21_43_19-05_00.manifest")).toBeUndefined();
    expect(parseName("duplicity-full.2026-11-21T21_43_19-05_00.manifest", NO_PREFIXES, "_")?.set).toEqual(FULL);
  });

  it.each(["plain-tar-old", "oldnames-old", "shortnames-old", "pubkey-new", "jsonstat-new"])("knows every file of %s", (set) => {
    for (const name of stockFixture(set).keys()) expect(parseName(name)?.name).toBe(name);
  });
});
