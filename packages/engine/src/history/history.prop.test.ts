import { tmpdir } from "node:os";
import { type BytePath, comparePaths, isWithin, type PathEntry, pathFromText } from "@doppel/base";
import { loadRsync } from "@doppel/rsync";
import { MemoryStorage } from "@doppel/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesInSet } from "../changes.ts";
import { diff } from "../diff.ts";
import { find } from "../find.ts";
import { list } from "../list.ts";
import {
  all,
  depsOf,
  dir,
  file,
  hour,
  link,
  ModelWriter,
  type Node,
  prefixes,
  sameContent,
  sameNode,
  testRuntime,
  type Tree,
  type WrittenSet,
} from "./test-support.ts";

const rsync = await loadRsync();

const PATHS = ["a", "a/b", "a/b/c", "a-b", "a.b", "b", "b/ż", "b/ż/x", "b/\n", "z"];
const edit = fc.record({
  path: fc.constantFrom(...PATHS),
  to: fc.constantFrom("file", "file", "dir", "link", "nothing"),
  content: fc.constantFrom("", "one", "two", "x".repeat(512), "x".repeat(513), "y".repeat(70_000)),
  mtime: fc.constantFrom(1, 2),
});
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;
const history = fc.array(fc.record({ full: fc.boolean(), edits: fc.array(edit, { maxLength: 6 }) }), {
  minLength: 1,
  maxLength: 6,
});

function edited(tree: Tree, edits: readonly Edit[]): Tree {
  const next = new Map(tree);
  for (const { path: text, to, content, mtime } of edits) {
    const path = pathFromText(text);
    if (to !== "dir" || next.get(path)?.type !== "dir")
      for (const known of next.keys()) if (isWithin(known, path)) next.delete(known);
    if (to === "nothing") continue;
    const parents = text.split("/").slice(0, -1);
    parents.forEach((_, i) => {
      const parent = dir(parents.slice(0, i + 1).join("/"));
      if (next.get(parent.path)?.type !== "dir") next.set(parent.path, parent);
    });
    next.set(
      path,
      to === "file" ? file(text, content, { mtime }) : to === "dir" ? dir(text, { mtime }) : link(text, content || "l"),
    );
  }
  return next;
}

interface Written {
  readonly storage: MemoryStorage;
  readonly sets: readonly WrittenSet[];
}

function written(steps: typeof history extends fc.Arbitrary<infer S> ? S : never, filelist = true): Written {
  const storage = new MemoryStorage();
  const writer = new ModelWriter(storage, rsync);
  let tree: Tree = new Map([["" as BytePath, dir("")]]);
  for (const [n, { full, edits }] of steps.entries()) {
    tree = edited(tree, edits);
    writer.write(n === 0 || full ? "full" : "inc", hour(n), tree, { filelist });
  }
  return { storage, sets: writer.sets };
}

const deps = (storage: MemoryStorage) => depsOf(storage, tmpdir());
const inOrder = (tree: Tree): Node[] => [...tree.values()].sort((a, b) => comparePaths(a.path, b.path));
const attributesOf = ({ path, type, mode, uid, gid, uname, gname, mtime, linkTarget }: PathEntry) => ({
  path,
  type,
  mode,
  uid,
  gid,
  uname,
  gname,
  mtime,
  linkTarget,
});
const kindOf = (a: Node | undefined, b: Node | undefined): string => {
  if (!a) return "added";
  if (!b) return "removed";
  return a.type !== b.type ? "type" : sameContent(a, b) ? "attributes" : "changed";
};

describe("against a model of random histories", () => {
  it("list gives every state", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const { storage, sets } = written(steps);
        for (const [n, { tree }] of sets.entries()) {
          const listed = await all(list({ time: hour(n), prefixes }, deps(storage), testRuntime()));
          expect(listed.map(attributesOf)).toEqual(inOrder(tree).map(attributesOf));
          for (const { path, sizeRange } of listed) {
            const size = tree.get(path)?.content?.length;
            expect(sizeRange === undefined).toBe(size === undefined);
            if (size !== undefined) expect(size >= sizeRange!.min && size <= sizeRange!.max).toBe(true);
          }
        }
      }),
      { numRuns: 80 },
    );
  });

  it("diff tells what differs between any two states", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const { storage, sets } = written(steps);
        for (const [from, { tree: a }] of sets.entries()) {
          for (const [to, { tree: b }] of sets.entries()) {
            const rows = await all(diff({ from: hour(from), to: hour(to), prefixes }, deps(storage), testRuntime()));
            const paths = [...new Set([...a.keys(), ...b.keys()])].sort(comparePaths);
            const expected = paths.filter((path) => !sameNode(a.get(path), b.get(path)));
            expect(rows.map(({ what, path, uncertain }) => [what, path, uncertain])).toEqual(
              expected.map((path) => [kindOf(a.get(path), b.get(path)), path, undefined]),
            );
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it("find tells for every backup which version of a path it has", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.constantFrom(...PATHS, ".", "**b", "a*"), async (steps, pattern) => {
        const { storage, sets } = written(steps);
        const found = await all(find({ pattern: pathFromText(pattern), prefixes }, deps(storage), testRuntime()));
        for (const { id, tree } of sets) {
          const time = id.end.getTime();
          const here = found.filter(({ set, until }) => until && set.end.getTime() <= time && time <= until.getTime());
          const expected = inOrder(tree).filter(({ path }) => wanted(path, pattern));
          expect(here.map(({ path, type, mtime }) => [path, type, mtime])).toEqual(
            expected.map(({ path, type, mtime }) => [path, type, mtime]),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it("changes are the same from manifests and from signatures", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const [told, signed] = [written(steps).storage, written(steps, false).storage];
        const count = steps.length - steps.findLastIndex(({ full }, n) => full || n === 0);
        for (let index = 0; index < count; index++) {
          const of = async (storage: MemoryStorage) =>
            all((await changesInSet({ index, prefixes }, deps(storage), testRuntime())).changes());
          expect(await of(signed)).toEqual(await of(told));
        }
      }),
      { numRuns: 30 },
    );
  });
});

/** The three kinds of pattern used above, said in another way. */
function wanted(path: BytePath, pattern: string): boolean {
  const parts = path.split("/");
  if (pattern === "**b")
    return parts.some((_, i) =>
      parts
        .slice(0, i + 1)
        .join("/")
        .endsWith("b"),
    );
  if (pattern === "a*") return path.startsWith("a");
  return isWithin(path, pathFromText(pattern === "." ? "" : pattern));
}
