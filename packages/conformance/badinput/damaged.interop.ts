import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomContent } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type Box, expectDone, expectRefusal, filesBelow, makeBox, type Outcome } from "./box.ts";

const PASSPHRASE = { PASSPHRASE: "open sesame" };
const ENVELOPES: [string, readonly string[]][] = [
  ["gzip", ["--no-encryption"]],
  ["plain", ["--no-encryption", "--no-compression"]],
  ["gpg", []],
  ["gpg, uncompressed", ["--no-compression"]],
];

/** A backup of four volumes: each `big-N` fills one. */
async function backedUp(
  options: readonly string[],
): Promise<{ box: Box; volumes: string[]; restore: (options?: readonly string[]) => Promise<Outcome> }> {
  const box = makeBox();
  for (const n of [1, 2, 3, 4]) writeFileSync(join(box.source, `big-${n}`), randomContent(`big ${n}`, 900_000));
  const env = options.includes("--no-encryption") ? {} : PASSPHRASE;
  expectDone(await box.full(["--volsize", "1", ...options], { env }));
  const volumes = readdirSync(box.target)
    .filter((name) => name.includes(".vol"))
    .sort();
  expect(volumes).toHaveLength(4);
  return {
    box,
    volumes: volumes.map((name) => join(box.target, name)),
    restore: (options = ["--fail-fast"]) => box.restore(options, { env }),
  };
}

/** What was restored before the bad volume is whole, and nothing of the bad volume or behind it is there. */
function expectSoundBeginning({ source, restored }: Box, upTo: number): void {
  const there = filesBelow(restored);
  for (const path of there)
    expect(readFileSync(path).equals(readFileSync(join(source, path.slice(restored.length + 1))))).toBe(true);
  expect(
    there.map((path) => path.slice(restored.length + 1)).filter((name) => !/^(big-[1-4]|one|two|three)$/.test(name)),
  ).toEqual([]);
  for (let n = upTo; n <= 4; n++) expect(existsSync(join(restored, `big-${n}`))).toBe(false);
}

const named = (path: string, what: string): RegExp => new RegExp(`${path.split("/").at(-1)!.replaceAll(".", "\\.")}.*${what}`);

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 0x40;
  writeFileSync(path, bytes);
}

describe.each(ENVELOPES)("a damaged backup (%s): exit 21, the volume is named", (_, options) => {
  it("a volume is missing: nothing is written", async () => {
    const { box, volumes, restore } = await backedUp(options);
    rmSync(volumes[2]!);
    expectRefusal(await restore(), 21, /duplicity-full\.[0-9TZ]+\.vol3\.difftar(\.gpg|\.gz)? is missing at the target/);
    expect(existsSync(box.restored)).toBe(false);
  });

  it("a flipped byte, a cut, an empty file, another volume's content: the hash tells before anything is decrypted", async () => {
    const { box, volumes, restore } = await backedUp(options);
    const right = readFileSync(volumes[1]!);
    const damages: (() => void)[] = [
      () => flip(volumes[1]!, right.length >> 1),
      () => truncateSync(volumes[1]!, right.length - 1),
      () => truncateSync(volumes[1]!, 0),
      () => writeFileSync(volumes[1]!, readFileSync(volumes[2]!)),
      () => writeFileSync(volumes[1]!, Buffer.concat([right, Buffer.from("x")])),
    ];
    for (const damage of damages) {
      damage();
      expectRefusal(
        await restore(),
        21,
        named(volumes[1]!, "is not what the manifest says: SHA256 is .*; nothing of it was used"),
      );
      expectSoundBeginning(box, 2);
      rmSync(box.restored, { recursive: true, force: true });
      writeFileSync(volumes[1]!, right);
    }
    expectDone(await restore());
  });

  it("the first volume: not even the target's folder is made", async () => {
    const { box, volumes, restore } = await backedUp(options);
    flip(volumes[0]!, 1000);
    expectRefusal(await restore(), 21, named(volumes[0]!, "is not what the manifest says"));
    expect(existsSync(box.restored)).toBe(false);
  });

  it("beside them everything else is restored, and what is lost is named: exit 3", async () => {
    const { box, volumes, restore } = await backedUp(options);
    rmSync(volumes[0]!);
    flip(volumes[2]!, 1000);
    const { code, stderr } = await restore([]);
    expect(stderr).toMatch(named(volumes[0]!, "is missing at the target"));
    expect(stderr).toMatch(named(volumes[2]!, "is not what the manifest says"));
    expect(stderr.match(/^warning: big-\d: lost: /gm)).toEqual(["warning: big-1: lost: ", "warning: big-3: lost: "]);
    expect(code).toBe(3);
    expect(filesBelow(box.restored).map((path) => path.slice(box.restored.length + 1))).toEqual([
      "big-2",
      "big-4",
      "one",
      "three",
      "two",
    ]);
    expectSoundBeginning(box, 5);
  });

  it("two volumes changed names", async () => {
    const { box, volumes, restore } = await backedUp(options);
    renameSync(volumes[1]!, join(box.path, "x"));
    renameSync(volumes[2]!, volumes[1]!);
    renameSync(join(box.path, "x"), volumes[2]!);
    expectRefusal(await restore(), 21, named(volumes[1]!, "is not what the manifest says"));
    expectSoundBeginning(box, 2);
  });
});

describe("a volume whose hash in the manifest was put right, so that only its own checksum tells", () => {
  /** At the target and in the archive directory, as one who can write at both would. */
  function rehash(box: Box, volume: string, before: Buffer): void {
    const manifest = filesBelow(box.archive).find((path) => path.endsWith(".manifest"))!;
    let text = readFileSync(manifest, "latin1");
    for (const algorithm of ["sha1", "sha256"]) {
      const digest = (bytes: Buffer): string => createHash(algorithm).update(bytes).digest("hex");
      expect(text).toContain(digest(before));
      text = text.replace(digest(before), digest(readFileSync(volume)));
    }
    writeFileSync(manifest, text, "latin1");
    const stored = filesBelow(box.target).find((path) => /\.manifest(\.gpg)?$/.test(path))!;
    if (!stored.endsWith(".gpg")) return writeFileSync(stored, text, "latin1");
    const args = ["--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE.PASSPHRASE];
    const input = Buffer.from(text, "latin1");
    const gpg = spawnSync("gpg", ["--homedir", box.path, ...args, "--symmetric", "--output", stored], { input });
    expect(gpg.status, gpg.stderr.toString()).toBe(0);
  }

  it.each(ENVELOPES.filter(([envelope]) => envelope !== "plain"))("%s", async (name, options) => {
    const { box, volumes } = await backedUp(options);
    const volume = volumes[1]!;
    const before = readFileSync(volume);
    const damages: Record<string, () => void> = {
      "a byte of the checksum": () => flip(volume, before.length - 5),
      "a byte in the middle": () => flip(volume, before.length >> 1),
      "the end is missing": () => truncateSync(volume, before.length - 100),
      "all is missing": () => truncateSync(volume, 0),
      "something else": () => writeFileSync(volume, "not even near it\n"),
    };
    // Behind an OpenPGP message anything may stand, and gpg reads it too; behind a gzip member only another one, or zeros.
    if (name === "gzip")
      damages["something behind it"] = () => writeFileSync(volume, Buffer.concat([before, Buffer.from("trailing garbage")]));
    const env = options.includes("--no-encryption") ? {} : PASSPHRASE;
    const manifest = filesBelow(box.archive).find((path) => path.endsWith(".manifest"))!;
    const right = readFileSync(manifest);
    for (const [what, damage] of Object.entries(damages)) {
      damage();
      rehash(box, volume, before);
      const outcome = await box.restore(["--fail-fast", "--archive-dir", box.archive], { env });
      expect(outcome.code, what).toBe(21);
      expectRefusal(outcome, 21, named(volume, "cannot be used, and nothing of it was: .*(fetch|restore)"));
      expectSoundBeginning(box, 2);
      rmSync(box.restored, { recursive: true, force: true });
      writeFileSync(volume, before);
      writeFileSync(manifest, right);
    }
  });
});

describe("damaged metadata", () => {
  it("an encrypted manifest with a flipped byte or cut short", async () => {
    const { box, restore } = await backedUp([]);
    const manifest = join(box.target, readdirSync(box.target).find((name) => name.endsWith(".manifest.gpg"))!);
    const right = readFileSync(manifest);
    for (const damage of [
      () => flip(manifest, right.length - 30),
      () => truncateSync(manifest, right.length - 10),
      () => truncateSync(manifest, 0),
      () => writeFileSync(manifest, "text\n"),
    ]) {
      damage();
      expectRefusal(await restore(), 21, named(manifest, "cannot be used, and nothing of it was: "));
      expect(existsSync(box.restored)).toBe(false);
      writeFileSync(manifest, right);
    }
  });

  it("missing signatures matter to list only, and are named there", async () => {
    const { box, restore } = await backedUp(["--no-encryption"]);
    withoutIndex(box);
    for (const name of readdirSync(box.target)) if (name.includes("signatures")) rmSync(join(box.target, name));
    expectRefusal(
      await box.doppel(["list", "--archive-dir", "none", "target"]),
      52,
      /duplicity-full-signatures\.\S+\.sigtar\.gz is neither at the target nor in \S+, so .*; every state can still be restored\n$/,
    );
    expectDone(await restore());
  });

  it("damaged signatures", async () => {
    const { box } = await backedUp(["--no-encryption"]);
    withoutIndex(box);
    const name = readdirSync(box.target).find((candidate) => candidate.includes("signatures"))!;
    flip(join(box.target, name), 500);
    const outcome = await box.doppel(["list", "--archive-dir", "none", "target"]);
    expectRefusal(outcome, 21, named(name, "cannot be used, and nothing of it was: "));
  });

  it("a damaged copy in the archive directory is named, and the target's own is read", async () => {
    const { box } = await backedUp(["--no-encryption"]);
    const manifest = filesBelow(box.archive).find((path) => path.endsWith(".manifest"))!;
    writeFileSync(manifest, "garbage\n");
    const told = await box.restore(["--archive-dir", box.archive]);
    expect(told.stderr).toMatch(/archive\/.*\.manifest is damaged: .*; the target's own is used instead: delete the copy/);
    expect(told.code).toBe(0);
    rmSync(box.restored, { recursive: true });
    rmSync(manifest);
    expectDone(await box.restore(["--archive-dir", box.archive]));
  });
});

/** By which a list needs no signatures. */
function withoutIndex(box: Box): void {
  for (const name of readdirSync(box.target)) if (name.includes(".index")) rmSync(join(box.target, name));
}
