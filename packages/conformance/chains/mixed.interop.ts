import { describeInterop, treeArbitrary } from "@doppel/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Maker, MixedChain, noticeable } from "../src/chain.ts";
import { history } from "../src/edits.ts";

/** A longer run: DOPPEL_CHAIN_RUNS=200 npm test -- packages/conformance/chains */
const RUNS = Number(process.env["DOPPEL_CHAIN_RUNS"] ?? 3);
const GZIP = { envelope: ["--no-encryption"] };

describeInterop(["duplicity"], "a chain that doppel and stock duplicity write in turn", () => {
  const turns: readonly (readonly [string, readonly Maker[], boolean])[] = [
    ["begun by stock, one archive directory", ["stock", "doppel", "stock", "doppel", "doppel", "stock", "stock", "doppel"], true],
    [
      "begun by doppel, an archive directory each",
      ["doppel", "stock", "doppel", "stock", "stock", "doppel", "doppel", "stock"],
      false,
    ],
  ];
  it.each(turns)("%s: every kind of edit, every point restored by both", async (_, makers, sharedArchive) => {
    using chain = new MixedChain({ ...GZIP, sharedArchive });
    for (const [index, { tree }] of history().entries()) {
      chain.become(tree);
      await chain.backup(makers[index]!, ["--volsize", "1"]);
    }
    expect(chain.points).toBe(makers.length);
    await chain.expectAllPoints();
  });

  it(`random trees in random turns (${RUNS} runs)`, async () => {
    const maker = fc.constantFrom<Maker>("doppel", "stock");
    const steps = fc.array(fc.tuple(maker, treeArbitrary), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (turns, sharedArchive) => {
        using chain = new MixedChain({ ...GZIP, sharedArchive });
        const trees = noticeable(turns.map(([, tree]) => tree));
        for (const [index, [who]] of turns.entries()) {
          chain.become(trees[index]!);
          await chain.backup(who);
        }
        await chain.expectAllPoints();
      }),
      { numRuns: RUNS, seed: 20261122, interruptAfterTimeLimit: 3_000_000, markInterruptAsFailure: true },
    );
  }, 3_600_000);
});
