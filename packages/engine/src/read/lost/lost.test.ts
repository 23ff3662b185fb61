import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes, DoppelError, pathFromText } from "@doppel/base";
import {
  formatManifest,
  indexAttributes,
  indexEnd,
  indexEntry,
  indexHead,
  indexName,
  indexSeal,
  manifestName,
  signaturesName,
  volumeName,
} from "@doppel/format";
import { loadRsync } from "@doppel/rsync";
import { FaultyStorage, MemoryStorage, randomContent, tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { file, hour, link, tree } from "../../history/test-support.ts";
import { ChainWriter, restored, sha1, type WholeSet } from "./test-support.ts";

const rsync = await loadRsync();
const p = pathFromText;

/** A full set and an increment; the files are pieces of 700 bytes, and each volume has two entries or pieces. */
function chain() {
  const storage = new MemoryStorage();
  const writer = new ChainWriter(storage, rsync);
  const big = file("big", randomContent("big", 3000));
  const before = tree(file("a", "a"), big, link("l", "x"), file("z", "z"));
  const full = writer.write("full", hour(0), before, [2]);
  const inc = writer.write("inc", hour(1), tree(file("a", "new"), big, link("l", "y"), file("z", "new")), [2]);
  return { storage, full, inc };
}

const nameOf = ({ id }: WholeSet, number: number): string => volumeName(id, number, "plain");
const signaturesOf = ({ id }: WholeSet): string => signaturesName(id, "gzip");
const pathsOf = (result: Awaited<ReturnType<typeof restored>>): string[] => result.found.map(({ path }) => path);

describe("a file over several volumes", () => {
  it.each([
    ["the first", 2],
    ["the middle", 3],
    ["the last", 4],
  ])("of which %s is lost is lost, and no other is", async (_, number) => {
    const { storage, full } = chain();
    expect(full.volumes.map(({ start, end }) => [start.path, end.path])).toEqual([
      ["", "a"],
      ["big", "big"],
      ["big", "big"],
      ["big", "l"],
      ["z", "z"],
    ]);
    storage.objects.delete(nameOf(full, number));
    const result = await restored(storage);
    expect(result.lost).toEqual(["big"]);
    expect(pathsOf(result)).toEqual(["", "a", "l", "z"]);
  });
});

describe("a volume whose tar is damaged under a hash that is right", () => {
  it("is used up to the damage", async () => {
    const { storage, full, inc } = chain();
    const name = nameOf(full, 4);
    const bytes = storage.objects.get(name)!;
    bytes[2 * 512 + 100]! ^= 1; // the header of `l`, behind the last piece of `big`
    const volumes = full.volumes.map((info) =>
      info.number === 4 ? { ...info, hashes: new Map([["SHA1", sha1(bytes)]]) } : info,
    );
    storage.objects.set(manifestName(full.id, "plain"), formatManifest({ volumes }));
    const result = await restored(storage);
    // Whether another piece of `big` would have come is not known.
    expect(result.lost).toEqual(["big"]);
    expect(pathsOf(result)).toEqual(["", "a", "l", "z"]);
    expect(result.report.badVolumes).toBe(1);
    expect(inc.words.has(p("l"))).toBe(true);
  });
});

describe("which paths a lost volume held", () => {
  const lostIn = async (storage: MemoryStorage, archiveDir?: string) => {
    const result = await restored(storage, undefined, archiveDir === undefined ? {} : { archiveDir });
    return { lost: result.lost, uncertain: result.uncertain };
  };

  it("is read from the archive directory's signatures; a damaged copy there is passed over", async () => {
    const { storage, inc } = chain();
    storage.objects.delete(nameOf(inc, 1));
    const bytes = storage.objects.get(signaturesOf(inc))!;
    const archiveDir = tempDir();
    writeFileSync(join(archiveDir, signaturesOf(inc)), bytes.subarray(0, bytes.length - 9));
    expect(await lostIn(storage, archiveDir)).toEqual({ lost: ["a"], uncertain: [] });
    storage.objects.delete(signaturesOf(inc));
    expect(await lostIn(storage, archiveDir)).toEqual({ lost: [], uncertain: ["a", "big", "l"] });
    writeFileSync(join(archiveDir, signaturesOf(inc)), bytes);
    expect(await lostIn(storage, archiveDir)).toEqual({ lost: ["a"], uncertain: [] });
  });

  it("is read from the index where there are no signatures", async () => {
    const { storage, inc } = chain();
    storage.objects.delete(nameOf(inc, 1));
    storage.objects.delete(signaturesOf(inc));
    const rows = [...inc.words].map(([path, { kind }]) => {
      const node = inc.tree.get(path)!;
      const sha256 = node.type === "file" ? new Uint8Array(32) : undefined;
      return indexEntry(indexAttributes(kind, node), sha256, [{ volume: 1, offset: 0 }]);
    });
    const counts = { entries: rows.length, volumes: 0, blocks: 0, bytes: 0, contents: 0 };
    const itself = { pieceBytes: 1, pieces: [], headerBytes: 0, literalStart: 0, literalBits: 0, compressed: false };
    const end = indexEnd({ set: inc.id, ...counts, ...itself }) + indexSeal(new Uint8Array(32));
    const index = indexHead(inc.id) + rows.join("") + end;
    storage.objects.set(indexName(inc.id, "plain"), Buffer.from(index));
    expect(await lostIn(storage)).toEqual({ lost: ["a"], uncertain: [] });
    storage.objects.set(indexName(inc.id, "plain"), Buffer.from(index.replace(/.$/m, "")));
    expect((await lostIn(storage)).uncertain).toEqual(["a", "big", "l"]);
  });
});

describe("a volume that never arrives as it is stored", () => {
  it.each([
    ["is damaged on its way, every time", () => new DoppelError("storage.corrupt", "not as it is stored", { name: "v" })],
    [
      "lies where the disk is bad",
      () => new DoppelError("storage.unavailable", "EIO", { operation: "get" }, Object.assign(new Error("EIO"), { code: "EIO" })),
    ],
  ])("is lost alone: it %s", async (_, error) => {
    const { storage, full } = chain();
    const name = nameOf(full, 5);
    const get: typeof storage.get = (asked, ...rest) => {
      if (asked === name) throw error();
      return MemoryStorage.prototype.get.call(storage, asked, ...rest);
    };
    storage.get = get;
    const result = await restored(storage);
    expect(result.lost).toEqual(["z"]); // it held what a delta builds upon
    expect(result.report.badVolumes).toBe(1);
    expect(pathsOf(result)).toEqual(["", "a", "big", "l"]);
  });
});

describe("the archive directory's copy of a manifest", () => {
  it.each([
    ["is no manifest", (text: string) => `garbage\n${text}`],
    [
      "has another hash",
      (text: string) => text.replace(/(Hash SHA1 )(.)/, (_, head, digit) => `${head}${digit === "f" ? "0" : "f"}`),
    ],
    ["was cut off", (text: string) => text.slice(0, text.indexOf("Volume 3:"))],
  ])("is not believed against the target: it %s", async (_, damage) => {
    const { storage, full } = chain();
    const archiveDir = tempDir();
    const name = manifestName(full.id, "plain");
    writeFileSync(join(archiveDir, name), damage(Buffer.from(storage.objects.get(name)!).toString("latin1")), "latin1");
    const result = await restored(storage, undefined, { archiveDir });
    expect(result.report).toMatchObject({ lost: 0, badVolumes: 0, incomplete: 0 });
    expect(pathsOf(result)).toEqual(["", "a", "big", "l", "z"]);
    expect(result.notices).toMatchObject([
      { reason: "metadata", detail: expect.stringContaining("the target's own is used instead") },
    ]);
  });
});

describe("two manifests that changed places", () => {
  it.each(["a", "l", "z", "big"])(
    "never let an older state pass for the newest, nor miss a path in silence: %s",
    async (path) => {
      const { storage, full, inc } = chain();
      const names = [full, inc].map(({ id }) => manifestName(id, "plain")) as [string, string];
      const [one, other] = names.map((name) => storage.objects.get(name)!) as [Uint8Array, Uint8Array];
      storage.objects.set(names[0], other);
      storage.objects.set(names[1], one);
      const { report, lost, notices } = await restored(storage, p(path));
      expect(report.incomplete).toBeGreaterThan(0);
      expect(notices.some(({ detail }) => /is not what the manifest says|is missing at the target/.test(detail))).toBe(true);
      expect(lost).toEqual(path === "l" ? [] : [path]); // links are known from the signatures
    },
  );
});

describe("what is no damage of one volume", () => {
  it("stops the restore: trouble with the target, which another attempt may not meet", async () => {
    const { storage } = chain();
    const error = (): Error => new DoppelError("storage.unavailable", "later", { operation: "get" });
    const faulty = new FaultyStorage(storage, [{ at: 5, operation: "get", how: "fail", error }]);
    await expect(restored(faulty as never)).rejects.toMatchObject({ code: "storage.unavailable" });
  });

  it("stops it: a manifest whose bounds are not those of its volumes", async () => {
    const { storage, full } = chain();
    storage.objects.delete(nameOf(full, 2));
    const volumes = full.volumes.map((info) => (info.number === 2 ? { ...info, end: { path: p("zz") } } : info));
    storage.objects.set(manifestName(full.id, "plain"), concatBytes([formatManifest({ volumes })]));
    await expect(restored(storage)).rejects.toMatchObject({ code: "format.bad-set" });
  });
});
