import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  asStored,
  compareTrees,
  isRoot,
  materialise,
  openTempDir,
  randomContent,
  type RunResult,
  scanTree,
  stockDuplicity,
  type TreeEntry,
} from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type CrashTarget, expectKept } from "../src/crash-bench.ts";
import { bucketTarget, folderTarget } from "../src/crash-targets.ts";
import { IS_LONG, randomNumbers, SEED, Tally } from "../src/kills.ts";
import { doppel } from "../src/program.ts";
import { s3Server } from "../src/s3-place.ts";

const ROUNDS = IS_LONG ? 25 : 2;
const LONG = 4 * 3_600_000;
/** All of it happened within the last day: what is unfinished is too young for a cleanup by somebody else. */
const FIRST = Math.floor(Date.now() / 1000) - 12 * 3600;
const STEP = 300;

/** A computer with a source and an archive directory of its own, which backs up to the one target. */
class Machine {
  readonly source: string;
  readonly archive: string;
  readonly #target: CrashTarget;
  readonly #name: string;
  #edits = 0;

  constructor(dir: string, name: string, target: CrashTarget) {
    this.#name = name;
    this.source = join(dir, `${name} source`);
    this.archive = join(dir, `${name} archive`);
    this.#target = target;
  }

  /** A little of everything changes, and enough for several volumes. */
  edit(): void {
    const seed = `${this.#name} ${++this.#edits}`;
    rmSync(this.source, { recursive: true, force: true });
    mkdirSync(this.source);
    const file = (path: string, size: number) => ({
      path: path as TreeEntry["path"],
      type: "file" as const,
      content: randomContent(`${path} ${seed}`, size),
      mtime: FIRST + 2 * this.#edits + (this.#name === "a" ? 0 : 1), // of one size and time they would count as unchanged
    });
    materialise(
      [file(`${this.#name} only`, 100), file("a", 900_000), file("b", 1_500_000), file(`c ${this.#edits}`, 40_000)],
      this.source,
    );
  }

  run(command: string, args: readonly string[]): Promise<RunResult> {
    const common = ["--archive-dir", this.archive, "--name", "n", ...this.#target.options];
    return doppel([command, ...common, ...args], { env: this.#target.env });
  }

  backup(kind: string, time: number): Promise<RunResult> {
    const options = [
      "--current-time",
      `${time}`,
      "--no-encryption",
      "--volsize",
      "1",
      ...(kind === "full" ? [] : ["--allow-source-mismatch"]),
    ];
    return this.run(kind, [...options, this.source, this.#target.url]);
  }

  async restored(time: number, out: string): Promise<readonly TreeEntry[]> {
    rmSync(out, { recursive: true, force: true });
    const args = ["restore", "-t", `${time}`, "--no-encryption", "--archive-dir", join(out, "../none"), ...this.#target.options];
    const { code, stderr } = await doppel([...args, this.#target.url, out], { env: this.#target.env });
    expect(code, stderr.toString()).toBe(0);
    return scanTree(out);
  }
}

const words = ({ stdout, stderr }: RunResult): string => `${stdout.toString()}${stderr.toString()}`.slice(-2000);

/** What a machine that comes second may be told: names that are taken, or a chain that has gone on or away. Nothing else. */
const REFUSED =
  /the name is taken|another doppel is storing it|could not be restored|storage\.exists|PreconditionFailed|already there|is not complete|another machine stored/i;

async function twoAtOnce(target: CrashTarget, kinds: readonly [string, string], apart: number, third: boolean): Promise<Tally> {
  using dir = openTempDir("/tmp");
  const random = randomNumbers(SEED);
  const [a, b, c] = ["a", "b", "c"].map((name) => new Machine(dir.path, name, target)) as [Machine, Machine, Machine];
  const outcomes = new Tally();
  a.edit();
  const first = await a.backup("full", FIRST);
  expect(first.code, words(first)).toBe(0);
  cpSync(a.archive, b.archive, { recursive: true, verbatimSymlinks: true });
  b.edit();
  const points = [{ time: FIRST, tree: asStored(scanTree(a.source)) }];
  let time = FIRST;
  for (let round = 0; round < ROUNDS; round++) {
    time += STEP;
    for (const machine of [a, b]) machine.edit();
    const before = await target.contents();
    const late = random() * 300;
    const both = Promise.all([a.backup(kinds[0], time), sleep(late).then(() => b.backup(kinds[1], time + apart))]);
    if (third) {
      // Tidying meanwhile: it must not take what is being stored.
      for (const command of ["cleanup", "remove-all-but-n-full"]) {
        const args = command === "cleanup" ? [] : ["50"];
        const tidied = await c.run(command, [...args, "--force", target.url]);
        expect(tidied.code, words(tidied)).toBe(0);
      }
    }
    const results = await both;
    expectKept(before, await target.contents());
    const done: string[] = [];
    for (const [index, result] of results.entries()) {
      const machine = [a, b][index]!;
      // The clock goes on while a program starts: on a slow machine into the next second.
      const at = Math.floor(Number(/StartTime ([\d.]+)/.exec(words(result))?.[1] ?? time));
      // One that was done last and saw that both are stored says so: which of them can be reached goes by their times.
      if (result.code === 0 && !results.some(({ code }) => code === 3)) {
        points.push({ time: at, tree: asStored(scanTree(machine.source)) });
        done.push(kinds[index]!);
      } else if (result.code !== 0) expect(words(result)).toMatch(REFUSED);
    }
    outcomes.add(`${done.length} of 2 stored`);
    // All that any machine was told is stored, identical, also after what came later.
    for (const point of points.slice(-3)) {
      const found = await a.restored(point.time, join(dir.path, "out"));
      expect(
        compareTrees(point.tree, found, { ignoreOwner: !isRoot }),
        `round ${round}, time ${point.time}: ${results.map(words).join("\n")}`,
      ).toEqual([]);
    }
    // Whoever was refused makes it the next time, and both know where the chain is.
    time += STEP;
    for (const machine of [a, b]) {
      time += 100;
      const again = await machine.backup("backup", time);
      expect(again.code, words(again)).toBe(0);
      points.push({ time, tree: asStored(scanTree(machine.source)) });
    }
  }
  if (target.url.startsWith("file:")) {
    using stock = stockDuplicity();
    const out = join(dir.path, "stock out");
    const { code, stderr } = await stock.run(["restore", "--no-encryption", target.url, out]);
    expect(code, stderr.toString()).toBe(0);
    expect(compareTrees(points.at(-1)!.tree, scanTree(out), { ignoreOwner: !isRoot })).toEqual([]);
  }
  return outcomes;
}

const KINDS: readonly (readonly [string, string])[] = [
  ["full", "full"],
  ["incremental", "full"],
  ["incremental", "incremental"],
];

describe(`two machines that back up to one target at once (seed ${SEED})`, () => {
  const server = s3Server();

  // A full backup of the very time of an increment, or of an earlier one, hides that: only who comes later can see it, and an increment looks.
  it.each(KINDS.flatMap((kinds) => (kinds[0] === kinds[1] ? [0, 7] : [7]).map((apart) => [...kinds, apart] as const)))(
    "a folder: %s and %s, times %i s apart",
    { timeout: LONG },
    async (first, second, apart) => {
      await using target = folderTarget();
      const outcomes = await twoAtOnce(target, [first, second], apart, apart > 0);
      console.log(
        `crash/two-at-once folder ${first}/${second} +${apart} s: ${ROUNDS} rounds, seed ${SEED}: ${outcomes.toString()}`,
      );
    },
  );

  it.each(KINDS)("a bucket: %s and %s", { timeout: LONG }, async (first, second) => {
    await using target = await bucketTarget(server());
    const outcomes = await twoAtOnce(target, [first, second], first === second ? 0 : 7, false);
    console.log(`crash/two-at-once bucket ${first}/${second}: ${ROUNDS} rounds, seed ${SEED}: ${outcomes.toString()}`);
  });
});
