import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, openTempDir, randomContent, type RunResult, run, scanTree } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { done, doppel } from "../src/program.ts";
import { describeFaults, type Fault, faultsOf, withFault } from "./injection.ts";

/** How many faults are tried of each kind of run; `DOPPEL_FAULTS=300` for the long run, `DOPPEL_SEED` for others. */
const RUNS = Number(process.env["DOPPEL_FAULTS"] ?? 6);
const SEED = Number(process.env["DOPPEL_SEED"] ?? 1);
const DAY = 86_400;
const START = 1_780_000_000;

const place = openTempDir("/tmp");
afterAll(() => place[Symbol.dispose]());
const at = (...names: string[]): string => join(place.path, ...names);
const env = { HOME: place.path, TMPDIR: at("temp") };
/** In a copy of the place, so that runs do not meet. */
let number = 0;

/** A source, with one backup at the target, and edits since. */
beforeAll(async () => {
  for (const name of ["source/a/b", "source/z", "temp", "state", "archive"]) mkdirSync(at(name), { recursive: true });
  for (let i = 0; i < 12; i++) writeFileSync(at("source/a", `f${i}`), `${i}\n`.repeat(i * 50));
  writeFileSync(at("source/a/b/large"), randomContent("large", 2_500_000));
  symlinkSync("f1", at("source/a/link"));
  await done(doppel(backup(0, "full"), { cwd: place.path, env }));
  await done(run("cp", ["-a", at("source"), at("first")]));
  writeFileSync(at("source/a/f3"), "changed\n");
  utimesSync(at("source/a/f3"), START, START); // a change within the same second is not seen
  writeFileSync(at("source/z/new"), randomContent("new", 1_300_000));
  rmSync(at("source/a/f4"));
});

const backup = (day: number, kind: string): string[] => {
  const options = ["--no-encryption", "--volsize", "1", "--archive-dir", "archive", "--current-time", String(START + day * DAY)];
  return [kind, ...options, "source", "target"];
};
const restore = (into: string, ...options: string[]): string[] => [
  "restore",
  ...options,
  "--archive-dir",
  "none",
  "target",
  into,
];

/** A copy of the place; the caller removes it. */
async function copied(): Promise<string> {
  const cwd = at("runs", String(++number));
  mkdirSync(cwd, { recursive: true });
  for (const name of ["source", "target", "archive", "temp"]) await done(run("cp", ["-a", at(name), cwd]));
  return cwd;
}

/** Chosen by the seed, of every call as many. */
function chosen(faults: readonly Fault[], count: number): readonly Fault[] {
  let state = SEED * 2_654_435_761;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const kinds = new Set(faults.map(({ call, errno }) => `${call} ${errno}`));
  const byKind = [...kinds].map((kind) => faults.filter(({ call, errno }) => `${call} ${errno}` === kind));
  const picked: Fault[] = [];
  while (picked.length < count && byKind.length > 0) {
    const kind = byKind[next(byKind.length)]!;
    picked.push(kind[next(kind.length)]!);
  }
  return picked;
}

const differences = (cwd: string, expected: string, found: string): readonly string[] =>
  compareTrees(asStored(scanTree(expected)), scanTree(join(cwd, found))).map(String);

/** What is not as it was is named in what the program said. */
function expectTold(found: readonly string[], { stdout, stderr }: RunResult): void {
  const said = `${stdout.toString()}${stderr.toString()}`;
  for (const line of found) {
    const [, path = ""] = /^(?:missing: |unexpected: )?([^\s:]+)/.exec(line)!;
    // Of a folder that cannot be read nobody knows what is in it: it is named, and that is all.
    const folders = path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
    expect(
      folders.some((folder) => said.includes(`warning: ${folder}: `)),
      line,
    ).toBe(true);
  }
}

/** One line, of a code that is documented, and no defect of ours. */
function expectRefused({ code, stderr }: RunResult): void {
  const text = stderr.toString();
  expect(text).not.toMatch(/\bbug\b|undefined|\[object|^ {4}at /m);
  expect(text).toMatch(/^doppel: [^\n]+$/m);
  expect([9, 13, 20, 21, 35, 50, 51, 52, 53]).toContain(code);
}

/** Whether the fault met a file of ours: others are node's own, whose failures are not for us to tell of. */
const isOurs = (cwd: string, injected: readonly string[]): boolean => injected.every((line) => line.includes(`${cwd}/`));

describeFaults("a system call fails: nothing is lost without a word", () => {
  it.each(["full", "incremental"])(
    "%s",
    async (kind) => {
      const dry = await copied();
      const faults = await faultsOf(backup(1, kind), { cwd: dry, env: {} });
      rmSync(dry, { recursive: true });
      const outcomes = new Map<string, number>();
      const failures: string[] = [];
      for (const fault of chosen(faults, RUNS)) {
        const cwd = await copied();
        const what = `${kind}, ${fault.call} ${fault.errno} ${fault.nth}`;
        const outcome = await withFault(backup(1, kind), fault, { cwd });
        try {
          if (!isOurs(cwd, outcome.injected)) continue;
          outcomes.set(
            `${fault.call} ${fault.errno}: ${outcome.code}`,
            (outcomes.get(`${fault.call} ${fault.errno}: ${outcome.code}`) ?? 0) + 1,
          );
          const own = { cwd, env: { HOME: cwd, TMPDIR: join(cwd, "temp") } };
          if (outcome.code === 0 || outcome.code === 3) {
            await done(doppel(restore("second"), own));
            const lost = differences(cwd, join(cwd, "source"), "second");
            if (outcome.code === 0) expect(lost).toEqual([]);
            expectTold(lost, outcome);
          } else {
            expectRefused(outcome);
          }
          await done(doppel(restore("first", "--time", String(START + 60)), own));
          expect(differences(cwd, at("first"), "first")).toEqual([]);
          await done(doppel(backup(2, "backup"), own));
          await done(doppel(restore("third"), own));
          expect(differences(cwd, join(cwd, "source"), "third")).toEqual([]);
          rmSync(cwd, { recursive: true });
        } catch (error) {
          failures.push(
            `${what}\n${outcome.injected.join("\n")}\nexit ${outcome.code}\n${outcome.stderr.toString()}\n${String(error)}`,
          );
        }
      }
      expect(failures.join("\n\n")).toBe("");
      if (process.env["DOPPEL_FAULTS"]) console.log(kind, Object.fromEntries(outcomes));
    },
    60_000 + RUNS * 20_000,
  );

  it(
    "restore",
    async () => {
      const dry = await copied();
      const faults = await faultsOf(restore("restored"), { cwd: dry });
      rmSync(dry, { recursive: true });
      const outcomes = new Map<string, number>();
      const failures: string[] = [];
      for (const fault of chosen(faults, RUNS)) {
        const cwd = await copied();
        const outcome = await withFault(restore("restored"), fault, { cwd });
        try {
          if (!isOurs(cwd, outcome.injected)) continue;
          outcomes.set(
            `${fault.call} ${fault.errno}: ${outcome.code}`,
            (outcomes.get(`${fault.call} ${fault.errno}: ${outcome.code}`) ?? 0) + 1,
          );
          if (outcome.code === 0 || outcome.code === 3) {
            const lost = differences(cwd, at("first"), "restored");
            if (outcome.code === 0) expect(lost).toEqual([]);
            expectTold(lost, outcome);
          } else {
            expectRefused(outcome);
          }
          rmSync(cwd, { recursive: true });
        } catch (error) {
          failures.push(
            `${fault.call} ${fault.errno} ${fault.nth}\n${outcome.injected.join("\n")}\nexit ${outcome.code}\n${outcome.stderr.toString()}\n${String(error)}`,
          );
        }
      }
      expect(failures.join("\n\n")).toBe("");
      if (process.env["DOPPEL_FAULTS"]) console.log("restore", Object.fromEntries(outcomes));
    },
    60_000 + RUNS * 20_000,
  );
});
