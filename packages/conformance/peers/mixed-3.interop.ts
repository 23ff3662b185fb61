import { describe, expect, it } from "vitest";
import { type Maker, MixedChain } from "../src/chain.ts";
import { history } from "../src/edits.ts";
import { otherDuplicity, versionOf } from "./other-duplicity.ts";

/** `DUPLICITY_3="docker run … duplicity" npm run test:peers`; it has to see /tmp. */
const COMMAND = process.env["DUPLICITY_3"];

describe.runIf(process.env["DOPPEL_PEERS"] === "1")("a chain that doppel and duplicity 3 write in turn", () => {
  const turns: readonly (readonly [string, readonly Maker[], boolean])[] = [
    [
      "begun by duplicity, one archive directory",
      ["stock", "doppel", "stock", "doppel", "doppel", "stock", "stock", "doppel"],
      true,
    ],
    [
      "begun by doppel, an archive directory each",
      ["doppel", "stock", "doppel", "stock", "stock", "doppel", "doppel", "stock"],
      false,
    ],
  ];
  it.each(turns)(
    "%s: every kind of edit, every point restored by both",
    async (_, makers, sharedArchive) => {
      expect(COMMAND, "DUPLICITY_3 has to be the command line of duplicity 3").toBeTruthy();
      expect(versionOf(COMMAND!)).toMatch(/\b3\.\d/);
      using chain = new MixedChain({ envelope: ["--no-encryption"], sharedArchive }, otherDuplicity(COMMAND!));
      for (const [index, { tree }] of history().entries()) {
        chain.become(tree);
        await chain.backup(makers[index]!, ["--volsize", "1"]);
      }
      expect(chain.points).toBe(makers.length);
      await chain.expectAllPoints();
    },
    600_000,
  );
});
