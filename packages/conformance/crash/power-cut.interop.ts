import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CrashBench } from "../src/crash-bench.ts";
import { folderTarget } from "../src/crash-targets.ts";
import { KILLS, randomNumbers, SEED, Tally } from "../src/kills.ts";
import { filesIn, PowerCut, readRecord, type RecordLine } from "../src/power-cut.ts";

const LONG = 4 * 3_600_000;

interface Recorded {
  readonly bench: CrashBench;
  readonly target: string;
  readonly archive: string;
  readonly record: readonly RecordLine[];
  readonly before: ReadonlyMap<string, Buffer>;
}

/** A backup to its end, with a list of all that it did to the target and the archive directory. */
async function recorded(
  bench: CrashBench,
  target: string,
  kind: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Recorded> {
  const file = bench.path("record");
  rmSync(file, { force: true });
  const archive = join(bench.archive, "n");
  const before = filesIn([target, archive].filter((folder) => existsSync(folder)));
  const hook = { CRASH_PLACES: JSON.stringify([target, bench.archive]), CRASH_RECORD: file, ...env };
  expect(await bench.hooked(bench.backupArgs(kind), {}, hook)).toBe(false);
  return { bench, target, archive, record: readRecord(file), before };
}

const without = (record: readonly RecordLine[], unwanted: (line: RecordLine) => boolean): readonly RecordLine[] => {
  const numbers = new Set(record.filter(unwanted).map(({ number }) => number));
  return record.filter(({ number }) => !numbers.has(number));
};

describe("a power cut during a backup to a folder", () => {
  it.each([
    ["full", {}],
    ["incremental", {}],
    ["full", { CRASH_NO_LINKS: "1" }],
  ] as const)("leaves nothing incomplete under its name, and no manifest without its set: %s %o", async (kind, env) => {
    const place = folderTarget();
    await using bench = await CrashBench.open(place);
    await bench.reset();
    const { target, archive, record, before } = await recorded(bench, place.folder, kind, env);
    expect(new PowerCut(record, before).violations(target, archive)).toEqual([]);
    // And the model sees what a program would do wrong that forgets one of its steps.
    const unsynced = without(record, ({ call, path }) => call === "sync" && path.endsWith(".partial"));
    expect(new PowerCut(unsynced, before).violations(target, archive).join()).toMatch(/vol1.*incomplete/);
    const unnamed = without(record, ({ call, path }) => call === "sync" && path === target);
    expect(new PowerCut(unnamed, before).violations(target, archive).join()).toMatch(
      /manifest.*without.*vol1.*gone after success/,
    );
  });

  it("during the first of all leaves the same, the folders that it makes included", async () => {
    const place = folderTarget();
    await using bench = await CrashBench.open(place);
    rmSync(place.folder, { recursive: true });
    rmSync(bench.archive, { recursive: true });
    const { target, archive, record, before } = await recorded(bench, place.folder, "full");
    expect(new PowerCut(record, before).violations(target, archive)).toEqual([]);
    expect(record.some(({ call, path }) => call === "mkdir" && path === dirname(archive))).toBe(true);
  });

  it(`is survived: ${KILLS} of the states that one may leave (seed ${SEED})`, { timeout: LONG }, async () => {
    const place = folderTarget();
    await using bench = await CrashBench.open(place);
    const random = randomNumbers(SEED);
    const outcomes = new Tally();
    const runs: Recorded[] = [];
    for (const kind of ["full", "incremental"]) {
      await bench.reset();
      runs.push(await recorded(bench, place.folder, kind));
    }
    for (let run = 0; run < KILLS; run++) {
      const { record, before, target, archive } = runs[run % 2]!;
      const cut = new PowerCut(record, before);
      const moment = Math.floor(random() * cut.moments);
      await bench.reset();
      cut.make(moment, [target, archive], random);
      try {
        outcomes.add(await bench.expectSound(random() < 0.3));
      } catch (error) {
        throw new Error(`run ${run}, cut after line ${moment} of ${cut.moments} (seed ${SEED})`, { cause: error });
      }
    }
    console.log(`crash/power-cut: ${KILLS} states, seed ${SEED}: ${outcomes.toString()}`);
  });
});
