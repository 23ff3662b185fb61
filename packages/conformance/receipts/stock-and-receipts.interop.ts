import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  asStored,
  compareTrees,
  describeInterop,
  isRoot,
  makeAwkwardTree,
  run,
  scanTree,
  type StockDuplicity,
  stockDuplicity,
  tempDir,
} from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { otherDuplicity, versionOf } from "../peers/other-duplicity.ts";
import { cleanEnv, done, doppel } from "../src/program.ts";

const receiptsIn = (target: string): string[] => readdirSync(target).filter((name) => name.includes(".receipt"));

/** Every command of stock over a target with receipts; doppel's cleanup takes what its removal left. All paths below /tmp. */
async function expectPassedOver(stock: StockDuplicity): Promise<void> {
  const [source, target, out] = [tempDir(), tempDir(), join(tempDir(), "out")];
  makeAwkwardTree(source);
  const ours = ["--no-encryption", "--archive-dir", tempDir()];
  const full = (time: number) => done(doppel(["full", "--current-time", `${time}`, ...ours, source, target]));
  await full(1_700_000_000);
  await full(1_700_100_000);
  const url = `file://${target}`;
  const said = async (...args: string[]): Promise<string> =>
    (await done(stock.run(["--no-encryption", ...args]))).stdout.toString();
  expect(receiptsIn(target)).toHaveLength(2);
  const status = await said("collection-status", url);
  expect(status).toContain("No orphaned or incomplete backup sets found.");
  expect(status).toContain("Found 1 secondary backup chain");
  expect(await said("verify", url, source)).toMatch(/, 0 difference(s|\(s\)) found/);
  await said("restore", url, out);
  expect(compareTrees(asStored(scanTree(source)), scanTree(out), { ignoreOwner: !isRoot })).toEqual([]);
  expect(await said("cleanup", url)).toContain("No extraneous files found");
  expect(receiptsIn(target)).toHaveLength(2);
  writeFileSync(join(source, "new"), "new");
  await said("incremental", "--allow-source-mismatch", source, url);
  await said("remove-older-than", "1700050000", "--force", url);
  expect(receiptsIn(target), "left by stock").toHaveLength(2);
  await done(doppel(["cleanup", "--even-recent", "--force", "--archive-dir", tempDir(), url]));
  expect(receiptsIn(target)).toEqual(["duplicity-full.20231116T020000Z.receipt"]);
  expect(await said("collection-status", url)).toContain("No orphaned or incomplete backup sets found.");
}

describeInterop(["duplicity"], "stock duplicity passes receipts over", () => {
  it("in status, verify, restore, cleanup, increments and removal", async () => {
    using stock = stockDuplicity();
    await expectPassedOver(stock);
  });
});

describe("who makes receipts", () => {
  const program = (name: string, args: readonly string[]) =>
    run(process.execPath, [fileURLToPath(new URL(`../../../node_modules/.bin/${name}`, import.meta.url)), ...args], {
      env: cleanEnv(),
    });

  it.each([
    ["doppel", [], 1],
    ["doppel", ["--no-receipt"], 0],
    ["duplicity", [], 0],
    ["duplicity", ["--receipt"], 1],
  ] as const)("%s %j: %i", async (name, args, count) => {
    const [source, target] = [tempDir(), tempDir()];
    writeFileSync(join(source, "a"), "a");
    await done(program(name, ["full", "--no-encryption", "--archive-dir", tempDir(), ...args, source, `file://${target}`]));
    expect(receiptsIn(target)).toHaveLength(count);
    const both = ["full", "--no-encryption", "--archive-dir", tempDir(), "--no-receipt", "--receipt", source, `file://${target}`];
    expect((await program(name, both)).stderr.toString()).toContain("--no-receipt cannot stand beside --receipt");
  });
});

/** `DUPLICITY_3="docker run … duplicity" npm run test:peers`; it has to see /tmp. */
describe.runIf(process.env["DOPPEL_PEERS"] === "1")("duplicity 3 passes receipts over", () => {
  it("in status, verify, restore, cleanup, increments and removal", async () => {
    const command = process.env["DUPLICITY_3"];
    expect(command, "DUPLICITY_3 has to be the command line of duplicity 3").toBeTruthy();
    expect(versionOf(command!)).toMatch(/\b3\.\d/);
    using stock = otherDuplicity(command!);
    await expectPassedOver(stock);
  }, 600_000);
});

describe("receipts go with their sets", () => {
  it("when retention removes them, and to another target", async () => {
    const [source, target, copy, archive] = [tempDir(), tempDir(), tempDir(), tempDir()];
    writeFileSync(join(source, "a"), "a");
    for (const time of [1_700_000_000, 1_700_100_000, 1_700_200_000]) {
      await done(doppel(["full", "--current-time", `${time}`, "--no-encryption", "--archive-dir", archive, source, target]));
    }
    await done(doppel(["replicate", target, copy]));
    expect(readdirSync(copy).sort()).toEqual(readdirSync(target).sort());
    await done(doppel(["remove-all-but-n-full", "1", "--force", "--archive-dir", archive, target]));
    expect(receiptsIn(target)).toEqual(["duplicity-full.20231117T054640Z.receipt"]);
    expect(readdirSync(target)).toHaveLength(5);
    const status = (await done(doppel(["status", target]))).stdout.toString();
    expect(status).not.toContain("receipt");
    await done(doppel(["audit", target]));
    await done(doppel(["audit", copy]));
  });
});
