import { closeSync, mkdirSync, openSync, readdirSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  compareTrees,
  describeInterop,
  isRoot,
  randomContent,
  type RunResult,
  run,
  scanTree,
  type TreeEntry,
} from "@doppel/testkit";
import { expect, it } from "vitest";
import { MixedChain } from "../src/chain.ts";
import { cleanEnv, DOPPEL, done } from "../src/program.ts";

const INCREMENTS = 40;
const BIG = 20_000_000;
const MAX_RSS_KIB = 300 * 1024;
const same = { ignoreOwner: !isRoot };

/** Scattered edits and growth in the large file; a small file that grows, and one that comes. */
function edit(source: string, step: number): void {
  const file = openSync(join(source, "big"), "r+");
  for (let i = 0; i < 5; i++)
    writeSync(file, randomContent(`edit ${step} ${i}`, 700), 0, 700, (step * 7_919_000 + i * 4_001_000) % BIG);
  writeSync(file, randomContent(`more ${step}`, 9_000), 0, 9_000, BIG + step * 9_000);
  closeSync(file);
  writeFileSync(join(source, "small", "log"), `line ${step}\n`, { flag: "a" });
  writeFileSync(join(source, "small", `new-${step}`), `${step}\n`);
  // A time of its own for each step: what changed within one second has not changed for any duplicity.
  for (const name of ["big", "small/log"]) utimesSync(join(source, name), 1_600_000_000, 1_600_000_000 + step);
}

/** Runs doppel under GNU time. */
async function measured(args: readonly string[]): Promise<{ readonly result: RunResult; readonly rssKiB: number }> {
  const result = await done(run("time", ["-f", "rss %M", process.execPath, DOPPEL, ...args], { env: cleanEnv() }));
  return { result, rssKiB: Number(/^rss (\d+)$/m.exec(result.stderr.toString())![1]) };
}

describeInterop(["duplicity", "time"], `a chain of ${INCREMENTS} increments of a large file`, () => {
  it("restores in bounded memory, whole and one path; stock duplicity restores it too", async () => {
    using chain = new MixedChain({ envelope: ["--no-encryption"], sharedArchive: false });
    mkdirSync(join(chain.source, "small"));
    writeFileSync(join(chain.source, "big"), randomContent("big", BIG));
    await chain.backup("doppel");
    for (let step = 1; step <= INCREMENTS; step++) {
      edit(chain.source, step);
      await chain.backup("doppel");
    }
    const manifests = readdirSync(chain.target).filter((name) => /^duplicity-inc\..*\.manifest$/.test(name));
    expect(manifests).toHaveLength(INCREMENTS);

    const [all, one] = [chain.place("all"), chain.place("one")];
    const cold = ["--archive-dir", chain.place("cold"), "--no-encryption"];
    const whole = await measured(["restore", ...cold, `file://${chain.target}`, all]);
    expect(compareTrees(chain.expected(INCREMENTS), scanTree(all), same)).toEqual([]);
    expect(whole.rssKiB).toBeLessThan(MAX_RSS_KIB);

    mkdirSync(one);
    const path = await measured(["restore", "-r", "big", ...cold, `file://${chain.target}`, join(one, "big")]);
    const part = (tree: readonly TreeEntry[]) => tree.filter((entry) => entry.path === "big");
    expect(compareTrees(part(chain.expected(INCREMENTS)), part(scanTree(one)), same)).toEqual([]);
    expect(path.rssKiB).toBeLessThan(MAX_RSS_KIB);

    await chain.expectPoint(INCREMENTS, "stock");
    await chain.expectPoint(INCREMENTS / 2, "doppel");
  });
});
