import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describeInterop, gpgHome } from "@doppel/testkit";
import { expect, it } from "vitest";
import { CrashBench, WHENS } from "../src/crash-bench.ts";
import { folderTarget } from "../src/crash-targets.ts";
import { IS_LONG, KILLS, randomNumbers, SEED, Tally } from "../src/kills.ts";

/** In CI one operation in so many; in a long run all. Each at one of its moments: three seeds in a row are all at all. */
const STRIDE = IS_LONG ? 1 : 11;
const LONG = 4 * 3_600_000;

/** The program's operations on the target and the archive directory. */
async function operationsOf(bench: CrashBench, target: { readonly folder: string }, kind: string): Promise<number> {
  await bench.reset();
  const record = bench.path("record");
  rmSync(record, { force: true });
  await bench.hooked(bench.backupArgs(kind), {}, { CRASH_PLACES: places(bench, target), CRASH_RECORD: record });
  return readFileSync(record, "utf8")
    .split("\n")
    .filter((line) => line.includes('"begins"')).length;
}

function places(bench: CrashBench, target: { readonly folder: string }): string {
  return JSON.stringify([target.folder, bench.archive]);
}

describeInterop(["duplicity", "gpg"], `a backup to a folder that is killed (seed ${SEED})`, () => {
  it.each(["full", "incremental"])("at every operation: %s", { timeout: LONG }, async (kind) => {
    const target = folderTarget();
    await using bench = await CrashBench.open(target);
    await using home = await gpgHome(["curve"]);
    const operations = await operationsOf(bench, target, kind);
    expect(operations).toBeGreaterThan(80);
    const random = randomNumbers(SEED);
    const outcomes = new Tally();
    let [number, runs] = [1 + Math.floor(random() * STRIDE), 0];
    for (; number <= operations; number += STRIDE) {
      const when = WHENS[(number + SEED) % 3]!;
      await bench.reset();
      const hook = { CRASH_PLACES: places(bench, target), CRASH_AT: `${number}`, CRASH_WHEN: when };
      const killed = await bench.hooked(bench.backupArgs(kind), {}, hook);
      try {
        const outcome = await bench.expectSound(random() < 0.3, ++runs % 12 === 0 ? home : undefined);
        outcomes.add(killed ? outcome : "not killed");
      } catch (error) {
        throw new Error(`killed ${when} operation ${number} of ${operations} (seed ${SEED})`, { cause: error });
      }
    }
    console.log(`crash/local ${kind}: ${runs} kills at ${operations} operations, seed ${SEED}: ${outcomes.toString()}`);
  });

  it(`at ${KILLS} random instants`, { timeout: LONG }, async () => {
    const target = folderTarget();
    await using bench = await CrashBench.open(target);
    await using home = await gpgHome(["curve"]);
    const random = randomNumbers(SEED);
    const outcomes = new Tally();
    await bench.reset();
    const whole = await bench.duration(bench.backupArgs("full"));
    for (let run = 1; run <= KILLS; run++) {
      const kind = random() < 0.5 ? "full" : "incremental";
      const instant = (0.2 + 0.9 * random()) * whole;
      await bench.reset();
      const { child, ended } = bench.started(bench.backupArgs(kind));
      await Promise.race([sleep(instant), ended]);
      child.kill("SIGKILL");
      const killed = (await ended) === null;
      try {
        const outcome = await bench.expectSound(random() < 0.3, run % 12 === 0 ? home : undefined);
        outcomes.add(killed ? outcome : "ended before");
      } catch (error) {
        throw new Error(`run ${run}: ${kind} killed after ${instant} ms (seed ${SEED})`, { cause: error });
      }
    }
    console.log(`crash/local random: ${KILLS} kills, seed ${SEED}: ${outcomes.toString()}`);
  });
});
