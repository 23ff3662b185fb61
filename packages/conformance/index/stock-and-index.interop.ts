import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  compareTrees,
  describeInterop,
  isRoot,
  makeAwkwardTree,
  asStored,
  scanTree,
  stockDuplicity,
  tempDir,
} from "@doppel/testkit";
import { expect, it } from "vitest";
import { done, doppel } from "../src/program.ts";

const indexesIn = (target: string): string[] => readdirSync(target).filter((name) => name.includes(".index"));

describeInterop(["duplicity"], "stock duplicity passes indexes over", () => {
  it("in status, verify, restore, cleanup, increments and removal; doppel's cleanup takes what removal left", async () => {
    const [source, target, out] = [tempDir(), tempDir(), join(tempDir(), "out")];
    makeAwkwardTree(source);
    using stock = stockDuplicity();
    const ours = ["--no-encryption", "--archive-dir", tempDir()];
    const full = (time: number) => done(doppel(["full", "--current-time", `${time}`, ...ours, source, target]));
    await full(1_700_000_000);
    await full(1_700_100_000);
    const url = `file://${target}`;
    const said = async (...args: string[]): Promise<string> =>
      (await done(stock.run(["--no-encryption", ...args]))).stdout.toString();
    expect(indexesIn(target)).toHaveLength(2);
    const status = await said("collection-status", url);
    expect(status).toContain("No orphaned or incomplete backup sets found.");
    expect(status).toContain("Found 1 secondary backup chain");
    expect(await said("verify", url, source)).toContain("0 differences found");
    await said("restore", url, out);
    expect(compareTrees(asStored(scanTree(source)), scanTree(out), { ignoreOwner: !isRoot })).toEqual([]);
    expect(await said("cleanup", url)).toContain("No extraneous files found");
    writeFileSync(join(source, "new"), "new");
    await said("incremental", "--allow-source-mismatch", source, url);
    await said("remove-all-but-n-full", "1", "--force", url);
    expect(indexesIn(target)).toHaveLength(2);
    const plan = (await done(doppel(["cleanup", "--even-recent", "--archive-dir", tempDir(), url]))).stdout.toString();
    expect(plan).toContain("duplicity-full.20231114T221320Z.index.gz");
    await done(doppel(["cleanup", "--even-recent", "--force", "--archive-dir", tempDir(), url]));
    expect(indexesIn(target)).toEqual(["duplicity-full.20231116T020000Z.index.gz"]);
    expect(await said("collection-status", url)).toContain("No orphaned or incomplete backup sets found.");
  });
});
