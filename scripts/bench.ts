/**
 * `npm run bench [-- --pairs N --files N --megabytes N --big N --json FILE]`: doppel and stock duplicity alternately on the
 * same seeded trees, encrypted to the same key. Prints medians and the ratio of doppel to stock: below 1 is better. Then S3
 * on loopback; `--only s3` is that alone. Also alone, and otherwise last: `--only startup` (CPU time of `--version`) and `--only status`
 * (1,000 sets in a folder).
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { editScattered, makeBigFile, makeCorpus } from "./bench/corpus.ts";
import { type Figures, JOBS, type Job } from "./bench/jobs.ts";
import { makeKey } from "./bench/key.ts";
import { measure, median } from "./bench/measure.ts";
import { binaryOf, PROGRAMS, type Program } from "./bench/programs.ts";
import { benchS3 } from "./bench/s3.ts";
import { benchStartup } from "./bench/startup.ts";
import { benchStatus } from "./bench/status.ts";

const ROOT = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "3" },
    files: { type: "string", default: "50000" },
    megabytes: { type: "string", default: "1000" },
    big: { type: "string", default: "700" },
    json: { type: "string" },
    only: { type: "string" },
  },
});
const ALONE: Readonly<Record<string, () => void | Promise<void>>> = {
  s3: benchS3,
  startup: benchStartup,
  status: benchStatus,
};
if (values.only !== undefined) {
  const bench = ALONE[values.only];
  if (bench === undefined) throw new Error(`--only is one of ${Object.keys(ALONE).join(", ")}`);
  await bench();
  process.exit();
}
const corpusOptions = { files: Number(values.files), bytes: Number(values.megabytes) * 1e6, seed: 1 };
const corpus = join(ROOT, ".bench", `corpus-${corpusOptions.files}-${values.megabytes}`);
const bigFile = join(ROOT, ".bench", `big-${values.big}`);
const work = mkdtempSync(join(tmpdir(), "doppel-bench-"));
const at = (...names: string[]): string => join(work, ...names);
process.on("exit", () => {
  spawnSync("gpgconf", ["--homedir", at("gnupg"), "--kill", "all"], { stdio: "ignore" });
  rmSync(work, { recursive: true, force: true });
});

const environment = { ...process.env, GNUPGHOME: at("gnupg"), PASSPHRASE: "" };
const fingerprint = makeKey(environment);
console.log(
  `${corpusOptions.files} files of ${values.megabytes} MB, and one file of ${values.big} MB (seed ${corpusOptions.seed})`,
);
makeCorpus(corpus, corpusOptions);
makeBigFile(bigFile, Number(values.big) * 1e6, corpusOptions.seed);
const wanted = `d20/s${(20 * 7) % 25}/file-20`;

const figures = new Map<Job, Record<Program, Figures[]>>(JOBS.map((job) => [job, { doppel: [], duplicity: [] }]));
for (let pair = 1; pair <= Number(values.pairs); pair++) {
  for (const program of PROGRAMS) runAll(program, pair);
}
report();
await benchS3();
benchStartup();
benchStatus();

/** Everything once for one program, in an order in which each job finds what it needs. */
function runAll(program: Program, pair: number): void {
  const big = at(`big-${program}`);
  mkdirSync(big, { recursive: true });
  if (pair === 1) copyFileSync(bigFile, join(big, "file"));
  // A place of its own for every round: file systems are slow to make files where many were just deleted.
  const round = at(`${program}-${pair}`);
  mkdirSync(round);
  for (const job of JOBS) {
    if (job.onBigFile && !job.measured && pair > 1) continue;
    if (job.onBigFile && job.measured) editScattered(join(big, "file"), 300, pair);
    const places = {
      source: job.onBigFile ? big : corpus,
      target: `file://${job.onBigFile ? at(`big-target-${program}`) : join(round, "target")}`,
      out: join(round, "out"),
      outOne: join(round, "out-one"),
      wanted,
      key: fingerprint,
    };
    const cache = job.coldCache
      ? join(round, "cold", job.name)
      : job.onBigFile
        ? at(`big-cache-${program}`)
        : join(round, "cache");
    spawnSync("sleep", ["1.1"]); // two sets of one target must not share a second
    const { output: _, ...run } = measure(binaryOf(program), job.args(program, places), {
      ...environment,
      XDG_CACHE_HOME: cache,
    });
    if (!job.measured) continue;
    const storedMegabytes = job.stores ? folderBytes(places.target.slice(7)) / 1e6 : 0;
    figures.get(job)![program].push({ ...run, storedMegabytes });
    console.log(`pair ${pair}  ${job.name.padEnd(42)} ${program.padEnd(10)} ${cells({ ...run, storedMegabytes }).join(" ")}`);
  }
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

function cells(run: Figures): string[] {
  return [
    `${run.wallSeconds.toFixed(2)} s`,
    `${run.cpuSeconds.toFixed(2)} CPU s`,
    `${run.peakMegabytes.toFixed(0)} MB RSS`,
    run.storedMegabytes > 0 ? `${run.storedMegabytes.toFixed(1)} MB stored` : "",
  ].map((cell, index) => cell.padStart([9, 12, 12, 17][index]!));
}

function report(): void {
  console.log(`\nmedians of ${values.pairs} pairs; ratio = doppel / stock duplicity\n`);
  console.log("| job | stock | doppel | ratio: wall | CPU | RSS | stored |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const [job, runs] of figures) {
    if (!job.measured) continue;
    const of = (program: Program, key: keyof Figures): number => median(runs[program].map((run) => run[key]));
    const ratio = (key: keyof Figures): string => {
      const stock = of("duplicity", key);
      return stock > 0 ? (of("doppel", key) / stock).toFixed(2) : "";
    };
    const wall = (program: Program): string => `${of(program, "wallSeconds").toFixed(1)} s`;
    const ratios = (["wallSeconds", "cpuSeconds", "peakMegabytes", "storedMegabytes"] as const).map(ratio);
    console.log(`| ${[job.name, wall("duplicity"), wall("doppel"), ...ratios].join(" | ")} |`);
  }
  const rows = [...figures].map(([job, runs]) => ({ job: job.name, runs }));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ corpus: corpusOptions, rows }, null, 2)}\n`);
}
