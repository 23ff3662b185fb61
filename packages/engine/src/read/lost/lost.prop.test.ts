import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { type BytePath, comparePaths, isWithin, pathFromText } from "@doppel/base";
import { NO_PREFIXES, signaturesName, volumeName } from "@doppel/format";
import { loadRsync } from "@doppel/rsync";
import { MemoryStorage, openTempDir, randomContent } from "@doppel/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { depsOf, dir, file, hour, link, testRuntime, type Tree, tree } from "../../history/test-support.ts";
import { verify } from "../../verify.ts";
import { ChainWriter, lostPaths, restored, told } from "./test-support.ts";

const rsync = await loadRsync();

const PATHS = ["a", "a/b", "a/b/c", "a-b", "b", "b/ż", "b/ż/x", "c", "d/e", "z"];
const edit = fc.record({
  path: fc.constantFrom(...PATHS),
  to: fc.constantFrom("file", "file", "file", "dir", "link", "nothing"),
  /** A file of which the beginning stays, so that a delta builds upon it. */
  bytes: fc.constantFrom(0, 5, 699, 1400, 3000),
  seed: fc.nat(9),
});
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;
const step = fc.record({
  edits: fc.array(edit, { minLength: 1, maxLength: 8 }),
  sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  /** Of its volumes, by remainder; nothing for a set that stays whole. */
  lost: fc.array(fc.nat(20), { maxLength: 3 }),
  how: fc.constantFrom("missing", "damaged"),
});
const history = fc.array(step, { minLength: 1, maxLength: 5 });
type History = typeof history extends fc.Arbitrary<infer H> ? H : never;

function edited(before: Tree, edits: readonly Edit[], at: number): Tree {
  const next = new Map(before);
  for (const { path: text, to, bytes, seed } of edits) {
    const path = pathFromText(text);
    for (const known of next.keys()) if (isWithin(known, path)) next.delete(known);
    if (to === "nothing") continue;
    text.split("/").forEach((_, i, names) => {
      const parent = dir(names.slice(0, i).join("/"), { mtime: at + 1 });
      if (next.get(parent.path)?.type !== "dir") next.set(parent.path, parent);
    });
    const content = Buffer.concat([randomContent(text, bytes), Buffer.from(`${seed}`)]);
    next.set(
      path,
      to === "file" ? file(text, content, { mtime: seed }) : to === "dir" ? dir(text, { mtime: seed }) : link(text, `${seed}`),
    );
  }
  return next;
}

/** A chain, and which of its volumes were then lost, a set for each of its sets. */
function broken(steps: History) {
  const storage = new MemoryStorage();
  const writer = new ChainWriter(storage, rsync);
  let now = tree();
  const lost = steps.map(({ edits, sizes, lost: which, how }, at) => {
    now = edited(now, edits, at);
    const { id, volumes } = writer.write(at === 0 ? "full" : "inc", hour(at), now, sizes);
    const numbers = new Set(which.map((n) => (n % volumes.length) + 1));
    for (const number of numbers) {
      const name = volumeName(id, number, "plain");
      if (how === "missing") storage.objects.delete(name);
      else storage.objects.get(name)![7]! ^= 1;
    }
    return numbers;
  });
  return { storage, sets: writer.sets, lost };
}

/**
 * Nothing is there that is not as it was in `now`, but directories that nothing is known of (`unnamed`) and something lies
 * in, or was begun in before it turned out to be lost.
 */
function expectOnly(
  now: Tree,
  { found, lost }: Pick<Awaited<ReturnType<typeof restored>>, "found" | "lost">,
  unnamed: (path: BytePath) => boolean,
): void {
  const paths = [...found.map(({ path }) => path), ...lost];
  for (const entry of found) {
    const { path, type } = entry;
    if (type === "dir" && unnamed(path) && paths.some((below) => below !== path && isWithin(below, path))) continue;
    const node = now.get(path);
    expect(node, `${path} should not be there`).toBeDefined();
    const { mode, mtime, linkTarget, content } = node!;
    if (type === "symlink") expect({ path, type, target: entry.target }).toEqual({ path, type: node!.type, target: linkTarget });
    else expect({ path, type, mode: entry.mode, mtime: entry.mtime }).toEqual({ path, type: node!.type, mode, mtime });
    if (content) expect(entry.size, path).toBe(content.length);
    if (content) expect(entry.sha256, path).toBe(sha256(content));
  }
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const VERIFY = {
  selection: [],
  filelists: new Map(),
  nullSeparator: false,
  copyLinks: false,
  compareData: false,
  numericOwner: true,
  prefixes: NO_PREFIXES,
  verbose: false,
};
const RUNS = Number(process.env["DOPPEL_LOST_RUNS"] ?? 60);

describe("a chain of which any volumes are lost", () => {
  it("gives back exactly what needs none of them, and names exactly the rest", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const { storage, sets, lost } = broken(steps);
        const now = sets.at(-1)!.tree;
        const expected = lostPaths(sets, lost);
        const result = await restored(storage);
        expect(result.lost).toEqual(expected);
        expect(result.uncertain).toEqual([]);
        expectOnly(now, result, () => false);
        expect(result.found.length).toBe(now.size - expected.length);
        const bad = lost.reduce((sum, numbers) => sum + numbers.size, 0);
        expect(result.report).toMatchObject({ badVolumes: bad, lost: expected.length, incomplete: bad + expected.length });

        const runtime = testRuntime();
        using place = openTempDir(tmpdir());
        const report = await verify({ ...VERIFY, source: pathFromText(place.path) }, depsOf(storage, place.path), runtime);
        expect(told(runtime.events).lost).toEqual(expected);
        expect(report).toMatchObject({ badVolumes: bad, lost: expected.length });
      }),
      { numRuns: RUNS },
    );
  });

  it("and no signatures of some sets either: nothing older takes the place of what is lost", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), async (steps, without) => {
        const { storage, sets, lost } = broken(steps);
        sets.forEach(({ id }, at) => without[at] && storage.objects.delete(signaturesName(id, "gzip")));
        const gaps = sets.flatMap((set, at) => (without[at] ? set.volumes.filter(({ number }) => lost[at]!.has(number)) : []));
        const inGap = (path: BytePath): boolean =>
          gaps.some(({ start, end }) => comparePaths(start.path, path) <= 0 && comparePaths(path, end.path) <= 0);
        const now = sets.at(-1)!.tree;
        const result = await restored(storage);
        expectOnly(now, result, inGap);
        const there = new Set(result.found.map(({ path }) => path));
        const named = new Set([...result.lost, ...result.uncertain]);
        for (const path of now.keys()) expect(there.has(path) || named.has(path) || inGap(path), path).toBe(true);
        for (const path of result.uncertain) expect(inGap(path), path).toBe(true);
        for (const path of result.lost) expect(inGap(path) || lostPaths(sets, lost).includes(path), path).toBe(true);
        if (gaps.length > 0) expect(result.notices.some(({ detail }) => /it held paths from .* to /.test(detail))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("is read for one path with the same outcome", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.constantFrom(...PATHS), async (steps, text) => {
        const { storage, sets, lost } = broken(steps);
        const path = pathFromText(text);
        const now = sets.at(-1)!.tree;
        if (!now.has(path)) return;
        const result = await restored(storage, path);
        expect(result.lost).toEqual(lostPaths(sets, lost).filter((each) => isWithin(each, path)));
        const wanted = [...now.keys()].filter((each) => isWithin(each, path));
        expectOnly(now, result, () => false);
        expect(result.found.length).toBe(wanted.length - result.lost.length);
      }),
      { numRuns: RUNS },
    );
  });
});
