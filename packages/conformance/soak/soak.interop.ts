import { describeInterop, openTempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { bucketPlace, folderPlace, openStock, type SealName, soak, type SoakPlace } from "../src/index.ts";

/** The long form is `npm run soak`. */
const SEED = 1;

describeInterop(["duplicity", "gpg", "python:boto3"], `nights in a row, short (seed ${SEED})`, () => {
  it.each<readonly [string, (dir: string) => SoakPlace | Promise<SoakPlace>, SealName, number]>([
    ["a folder", folderPlace, "public key", 8],
    ["a bucket", () => bucketPlace(), "none", 6],
  ])("%s: what is promised is restored, every night and at the end", { timeout: 600_000 }, async (_, open, seal, cycles) => {
    using dir = openTempDir("/tmp");
    await using place = await open(dir.path);
    await using stock = await openStock(place, seal);
    const lines: string[] = [];
    const report = await soak({ dir: dir.path, place, seal, seed: SEED, stock, cycles, say: (line) => lines.push(line) });
    expect(report.failure, lines.join("\n")).toBeUndefined();
    expect(report.counts).toMatchObject({ cycles, differences: 0, "silent losses": 0 });
    expect(report.counts["restores compared"]).toBeGreaterThanOrEqual(cycles + 2 * report.kept);
    expect(report.kept).toBeGreaterThan(0);
  });
});
