/**
 * `npm run bench [-- --pairs N --files N --megabytes N --json FILE]`: doppel and stock duplicity alternately on the same
 * seeded tree, encrypted to the same key. Prints medians and the ratio of doppel to stock for each figure: below 1 is better.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCorpus } from "./bench/corpus.ts";
import { type Measurement, measure, median } from "./bench/measure.ts";

const ROOT = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "3" },
    files: { type: "string", default: "50000" },
    megabytes: { type: "string", default: "1000" },
    json: { type: "string" },
  },
});
const corpusOptions = { files: Number(values.files), bytes: Number(values.megabytes) * 1e6, seed: 1 };
const corpus = join(ROOT, ".bench", `corpus-${corpusOptions.files}-${values.megabytes}`);
const work = mkdtempSync(join(tmpdir(), "doppel-bench-"));
process.on("exit", () => {
  spawnSync("gpgconf", ["--homedir", join(work, "gnupg"), "--kill", "all"], { stdio: "ignore" });
  rmSync(work, { recursive: true, force: true });
});

interface Run extends Measurement {
  readonly storedMegabytes: number;
}

const env = { ...process.env, GNUPGHOME: join(work, "gnupg"), XDG_CACHE_HOME: join(work, "cache"), PASSPHRASE: "" };
const fingerprint = makeKey();
console.log(`corpus: ${corpusOptions.files} files, ${values.megabytes} MB (seed ${corpusOptions.seed})`);
makeCorpus(corpus, corpusOptions);
spawnSync("tar", ["-cf", "/dev/null", "--", corpus]); // both begin with a warm page cache

const programs = {
  doppel: join(ROOT, "node_modules/.bin/doppel"),
  duplicity: "duplicity",
} as const;
const runs: Record<keyof typeof programs, Run[]> = { doppel: [], duplicity: [] };
for (let pair = 1; pair <= Number(values.pairs); pair++) {
  for (const name of ["doppel", "duplicity"] as const) {
    const run = backUp(name);
    runs[name].push(run);
    console.log(`pair ${pair} ${name.padEnd(9)} ${cells(run).join("  ")}`);
  }
}
report();

function backUp(name: keyof typeof programs): Run {
  const target = join(work, "target");
  const binary = name === "doppel" ? programs.doppel : findOnPath(programs.duplicity);
  const measured = measure(binary, ["full", "--encrypt-key", fingerprint, corpus, `file://${target}`], env);
  const storedMegabytes = readdirSync(target).reduce((sum, file) => sum + statSync(join(target, file)).size, 0) / 1e6;
  rmSync(target, { recursive: true });
  rmSync(join(work, "cache"), { recursive: true });
  return { ...measured, storedMegabytes };
}

/** Not the one in node_modules/.bin, which is doppel too. */
function findOnPath(program: string): string {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"));
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (!found) throw new Error(`stock ${program} is needed to compare with (on Debian: apt-get install ${program})`);
  return found;
}

function makeKey(): string {
  mkdirSync(join(work, "gnupg"), { mode: 0o700 });
  const user = "doppel bench";
  const generate = ["--batch", "--passphrase", "", "--pinentry-mode", "loopback", "--quick-generate-key", user, "rsa3072", "default", "never"];
  const made = spawnSync("gpg", generate, { env, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`gpg cannot make a key: ${made.stderr}`);
  const listed = spawnSync("gpg", ["--batch", "--with-colons", "--list-keys", user], { env, encoding: "utf8" });
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed.stdout)?.[1];
  if (!fingerprint) throw new Error("gpg does not list the key it made");
  // An encryption subkey of its own, as gpg makes by default.
  const subkey = ["--batch", "--passphrase", "", "--pinentry-mode", "loopback", "--quick-add-key", fingerprint, "rsa3072", "encr", "never"];
  if (!/^sub:.*:e:/m.test(listed.stdout)) spawnSync("gpg", subkey, { env });
  return fingerprint;
}

function cells(run: Run): string[] {
  return [
    `${run.wallSeconds.toFixed(1)} s`,
    `${run.cpuSeconds.toFixed(1)} CPU s`,
    `${run.peakMegabytes.toFixed(0)} MB RSS`,
    `${run.storedMegabytes.toFixed(1)} MB stored`,
  ].map((cell) => cell.padStart(16));
}

function medianRun(all: readonly Run[]): Run {
  const of = (key: keyof Run): number => median(all.map((run) => run[key]));
  return { wallSeconds: of("wallSeconds"), cpuSeconds: of("cpuSeconds"), peakMegabytes: of("peakMegabytes"), storedMegabytes: of("storedMegabytes") };
}

function report(): void {
  const doppel = medianRun(runs.doppel);
  const stock = medianRun(runs.duplicity);
  const ratio = (key: keyof Run): string => (doppel[key] / stock[key]).toFixed(2).padStart(16);
  console.log(`\nfull backup, encrypted, medians of ${values.pairs}`);
  console.log(`doppel    ${cells(doppel).join("  ")}`);
  console.log(`duplicity ${cells(stock).join("  ")}`);
  console.log(`ratio     ${(["wallSeconds", "cpuSeconds", "peakMegabytes", "storedMegabytes"] as const).map(ratio).join("  ")}`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ corpus: corpusOptions, runs, median: { doppel, duplicity: stock } }, null, 2)}\n`);
}
