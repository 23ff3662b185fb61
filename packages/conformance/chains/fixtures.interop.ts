import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { compareTrees, isRoot, scanTree, type TreeEntry, tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { done, doppelBytes } from "../src/program.ts";
import { reading, type StockChain, stockChains } from "../src/stock-chains.ts";

const options = { ignoreOwner: !isRoot };
const chains = stockChains()?.map((chain) => [chain.name, chain] as const) ?? [];
/** Those that have every awkward name and a cut file, and one of the small ones. */
const picked = chains.filter(([name]) => /^(pubkey-|plain-gz-new)/.test(name));

/** What restoring `path` into `out/picked` leaves below `out`, apart from `out` itself. */
function partOf(tree: readonly TreeEntry[], path: string): TreeEntry[] {
  return tree
    .filter((entry) => entry.path === path || entry.path.startsWith(`${path}/`))
    .map((entry) => ({ ...entry, path: `picked${entry.path.slice(path.length)}` as TreeEntry["path"] }));
}

/** Paths of a point, each of a kind of its own as far as the tree has them. */
function picksOf({ points }: StockChain, n: number): ReadonlySet<string> {
  const now = points[n]!.expected;
  const before = new Map(points[n - 1]?.expected.map((entry) => [entry.path, entry]));
  const files = now.filter((entry) => entry.type === "file");
  const kinds: readonly (TreeEntry | undefined)[] = [
    files.find((entry) => before.get(entry.path)?.sha256 === entry.sha256), // unchanged: comes from an older set
    files.find((entry) => before.has(entry.path) && before.get(entry.path)?.sha256 !== entry.sha256),
    now.find((entry) => before.has(entry.path) && before.get(entry.path)?.type !== entry.type),
    now.find((entry) => entry.type === "dir" && entry.path !== ""),
    files.findLast((entry) => /[\x80-\xff]/.test(entry.path) && Buffer.from(entry.path, "latin1").toString().includes("\ufffd")),
    files.toSorted((a, b) => b.size! - a.size!)[0], // the one that is cut, where one is
    now.find((entry) => entry.type === "symlink"),
  ];
  return new Set(kinds.flatMap((entry) => entry?.path ?? []));
}

describe.skipIf(chains.length === 0)("every point in time of the chains of stock duplicity", () => {
  it.each(chains)("%s, with nothing but the target and a key", async (_, chain) => {
    for (const key of chain.readers.length > 0 ? chain.readers : [undefined]) {
      const { options: how, env } = reading(chain, key);
      for (const { n, epoch, expected } of chain.points) {
        const dir = tempDir();
        const [archive, out] = [join(dir, "archive"), join(dir, "out")];
        const args = ["restore", "-t", `${epoch}`, "--archive-dir", archive, ...how, `file://${chain.backup}`, out];
        await done(doppelBytes(args, { env }));
        expect(compareTrees(expected, scanTree(out), options), `point ${n}`).toEqual([]);
      }
    }
  });

  it.each(picked)("single paths of %s", async (_, chain) => {
    const { options: how, env } = reading(chain, chain.readers[0]);
    for (const { n, epoch, expected } of chain.points) {
      const dir = tempDir();
      for (const [index, path] of [...picksOf(chain, n)].entries()) {
        const [archive, out] = [join(dir, `archive-${index}`), join(dir, `out-${index}`)];
        mkdirSync(out);
        const where = ["-t", `${epoch}`, "-r", path, "--archive-dir", archive];
        await done(doppelBytes(["restore", ...where, ...how, `file://${chain.backup}`, join(out, "picked")], { env }));
        const found = scanTree(out).filter((entry) => entry.path !== "");
        expect(compareTrees(partOf(expected, path), found, options), `${path} at point ${n}`).toEqual([]);
      }
    }
  });
});
