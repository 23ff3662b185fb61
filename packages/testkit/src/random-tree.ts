import { type BytePath, pathFromBytes, pathFromText } from "@doppel/base";
import fc from "fast-check";
import type { TreeSpec } from "./materialise.ts";

/** Names of one to a few bytes, any byte but NUL and slash; some of those that make trouble. */
export const nameArbitrary: fc.Arbitrary<BytePath> = fc
  .oneof(
    fc.constantFrom("a", "b", "a.b", "a-b", "a b", "A", "ż", "\n", "-", "*", "...", "x".repeat(101)).map(pathFromText),
    fc
      .uint8Array({ minLength: 1, maxLength: 4 })
      .map((bytes) => pathFromBytes(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x5f : byte)))),
  )
  .filter((name) => name !== "." && name !== "..");

const common = {
  mode: fc.oneof(fc.constantFrom(0o644, 0o755, 0o600), fc.nat(0o7777)),
  mtime: fc.oneof(fc.constantFrom(0, 1_600_000_000), fc.nat(4_102_444_800)),
  uid: fc.constantFrom(0, 1, 65534, 3_000_000),
  gid: fc.constantFrom(0, 1, 65534, 3_000_001),
};
const content = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(511, 512, 513, 65_536, 65_537).map((size) => new Uint8Array(size).fill(0x61)),
);
const target = fc.array(nameArbitrary, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/") as BytePath);

type Leaf = Omit<TreeSpec, "path">;
type Node = Leaf & { readonly children?: readonly (readonly [BytePath, Node])[] };

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: fc.record({ type: fc.constant("file" as const), content, ...common }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("symlink" as const), target }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("dir" as const), children: childrenOf(tie("node")), ...common }) },
  ),
}));

function childrenOf(of: fc.Arbitrary<Node>): fc.Arbitrary<(readonly [BytePath, Node])[]> {
  return fc.uniqueArray(fc.tuple(nameArbitrary, of), { maxLength: 5, selector: ([name]) => name });
}

/** Small trees of files, symlinks and directories, for `materialise`. Every directory is listed, parents first. */
export const treeArbitrary: fc.Arbitrary<TreeSpec[]> = childrenOf(node).map((children) => flatten(children, ""));

function flatten(children: readonly (readonly [BytePath, Node])[], parent: string): TreeSpec[] {
  return children.flatMap(([name, { children: below = [], ...leaf }]) => {
    const path = `${parent}${name}` as BytePath;
    return [{ path, ...leaf }, ...flatten(below, `${path}/`)];
  });
}
