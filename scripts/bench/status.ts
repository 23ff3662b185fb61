import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure, median } from "./measure.ts";
import { binaryOf, PROGRAMS, type Program } from "./programs.ts";

const CHAINS = 20;
const SETS_PER_CHAIN = 50;
const RUNS = 5;
const DAY = 86_400;
const BEGIN = 1_600_000_000;

/** `doppel status` beside stock's `collection-status` of the same 1,000 sets in a folder, each with its archive directory filled. */
export function benchStatus(): void {
  const work = mkdtempSync(join(tmpdir(), "doppel-bench-status-"));
  try {
    const target = join(work, "target");
    makeSets(work, target);
    const argsOf = (program: Program): string[] => {
      const command = program === "doppel" ? "status" : "collection-status";
      return [command, "--no-encryption", "--archive-dir", join(work, `archive-${program}`), `file://${target}`];
    };
    const environment = { ...process.env, HOME: work };
    for (const program of PROGRAMS) measure(binaryOf(program), argsOf(program), environment); // stock copies the metadata first
    const runs: Record<Program, { wall: number[]; cpu: number[] }> = {
      doppel: { wall: [], cpu: [] },
      duplicity: { wall: [], cpu: [] },
    };
    for (let run = 0; run < RUNS; run++) {
      for (const program of PROGRAMS) {
        const { wallSeconds, cpuSeconds } = measure(binaryOf(program), argsOf(program), environment);
        runs[program].wall.push(wallSeconds);
        runs[program].cpu.push(cpuSeconds);
      }
    }
    console.log(`\nstatus of ${CHAINS * SETS_PER_CHAIN} sets (${CHAINS} chains) in a folder, medians of ${RUNS} runs\n`);
    console.log("| | stock | doppel | ratio |\n| --- | ---: | ---: | ---: |");
    for (const what of ["wall", "cpu"] as const) {
      const [ours, theirs] = [median(runs.doppel[what]), median(runs.duplicity[what])];
      console.log(`| ${what} | ${theirs.toFixed(2)} s | ${ours.toFixed(2)} s | ${(ours / theirs).toFixed(2)} |`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** One full set and one increment are made; all others are these under other times. */
function makeSets(work: string, target: string): void {
  const [source, model] = [join(work, "source"), join(work, "model")];
  mkdirSync(source);
  mkdirSync(target);
  for (const [kind, at] of [["full", BEGIN] as const, ["incremental", BEGIN + DAY] as const]) {
    writeFileSync(join(source, kind), kind);
    const options = ["--no-encryption", "--archive-dir", join(work, "archive-model"), "--current-time", `${at}`];
    measure(binaryOf("doppel"), [kind, ...options, source, `file://${model}`], process.env);
  }
  const names = readdirSync(model);
  for (let set = 0; set < CHAINS * SETS_PER_CHAIN; set++) {
    const [from, to] = [timeText(BEGIN), timeText(BEGIN + DAY)];
    const end = BEGIN + set * DAY;
    for (const name of names) {
      const isFull = name.startsWith("duplicity-full");
      if (isFull !== (set % SETS_PER_CHAIN === 0)) continue;
      const renamed = isFull
        ? name.replace(from, timeText(end))
        : name.replace(`${from}.to.${to}`, `${timeText(end - DAY)}.to.${timeText(end)}`);
      linkSync(join(model, name), join(target, renamed));
    }
  }
}

function timeText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().replace(/[-:]|\.\d+/g, "")}`;
}
