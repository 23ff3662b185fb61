import { rmSync } from "node:fs";
import { describeInterop, describeRealS3, randomContent, stockDuplicity, textContent } from "@doppel/testkit";
import { expect, it } from "vitest";
import { mustBeDone, S3Place, said } from "../src/s3-place.ts";

const MIB = 2 ** 20;

type Maker = "doppel" | "stock";

describeInterop(["duplicity", "python:boto3"], "stock duplicity at an S3 server", () => {
  describeRealS3("a chain in a bucket that doppel and stock write in turn", (site) => {
    it.each<readonly [string, readonly Maker[]]>([
      ["begun by doppel", ["doppel", "stock", "doppel"]],
      ["begun by stock", ["stock", "doppel", "stock"]],
    ])("%s: every point restored by both", async (_, makers) => {
      await using place = await S3Place.open(site());
      using stock = stockDuplicity();
      const url = `boto3+${place.url}`;
      const duplicity = async (...args: readonly string[]): Promise<string> => {
        const outcome = said(await stock.run([...args, "--no-encryption", ...place.where], place.env()));
        return mustBeDone(outcome).stdout;
      };
      place.write("large", randomContent("large", 7 * MIB));
      for (const [index, maker] of makers.entries()) {
        place.write("text", textContent(`${index}`, 100_000));
        place.write(`new/${index}`, randomContent(`${index}`, 2 * MIB));
        const args = place.backupArgs(index === 0 ? "full" : "incremental", ["--volsize", "6"]);
        if (maker === "doppel") await place.done(args);
        else await duplicity(...args.map((arg) => (arg === place.url ? url : arg)));
        place.note();
      }
      await place.expectAllPoints();
      for (let point = 0; point < makers.length; point++) {
        const out = place.path("out");
        rmSync(out, { recursive: true, force: true });
        await duplicity("restore", "-t", place.timeOf(point), url, out);
        place.expectTree(point, out);
      }
      const found = await duplicity("collection-status", url);
      expect(found).toMatch(/Number of contained backup sets: 3/);
      expect(found).toContain("No orphaned or incomplete backup sets found.");
    });
  });
});
