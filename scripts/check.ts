/**
 * `npm run check`: everything that must hold besides the interop tests. Runs all steps, then fails if any failed. With `-- --without-tests`, for who
 * runs all tests anyway, the unit tests are left out.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { buildIfStale } from "./build.ts";
import { failureLines, runVitest, summaryLine } from "./run-vitest.ts";

const ROOT = join(import.meta.dirname, "..");

interface Outcome {
  readonly ok: boolean;
  /** One phrase for the step's line. */
  readonly detail?: string;
  /** Shown when the step failed. */
  readonly output: string;
}

const STEPS: readonly { readonly name: string; readonly run: () => Promise<Outcome> }[] = [
  { name: "types", run: () => runNode("node_modules/typescript/bin/tsc", "-p", ".") },
  { name: "lint", run: () => runNode("node_modules/oxlint/bin/oxlint", "--deny-warnings") },
  { name: "format", run: () => runNode("node_modules/@biomejs/biome/bin/biome", "format") },
  { name: "layers", run: () => runNode("--import", "tsx", "scripts/check-layers.ts") },
  { name: "lock file", run: () => runNode("--import", "tsx", "scripts/complete-lock.ts", "--check") },
  { name: "dependencies", run: () => runNode("--import", "tsx", "scripts/check-dependencies.ts") },
  { name: "dead code", run: () => runNode("node_modules/knip/bin/knip.js") },
  { name: "build", run: runBuild },
  { name: "packages", run: () => runNode("-C", "@doppel/source", "--import", "tsx", "scripts/check-packages.ts") },
  { name: "reference", run: () => runNode("--import", "tsx", "scripts/docs.ts", "--check") },
  { name: "unit tests", run: runUnitTests },
];

const failed: string[] = [];
for (const { name, run } of STEPS) {
  if (run === runUnitTests && process.argv.includes("--without-tests")) continue;
  const began = performance.now();
  const { ok, detail, output } = await run();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${ok ? "ok    " : "FAILED"} ${name.padEnd(12)} ${seconds.padStart(6)} s${detail === undefined ? "" : `  ${detail}`}`,
  );
  if (ok) continue;
  failed.push(name);
  console.log(output.trimEnd());
}
console.log(failed.length === 0 ? "check: everything holds" : `check: FAILED: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);

/** Runs Node with these arguments; 0 is success. */
function runNode(...args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

async function runBuild(): Promise<Outcome> {
  try {
    await buildIfStale();
    return { ok: true, output: "" };
  } catch (error) {
    return { ok: false, output: (error as Error).message };
  }
}

/** Files named `*.test.ts` only: the `*.interop.ts` ones are what `npm test` adds. */
async function runUnitTests(): Promise<Outcome> {
  const { counts, failures, output } = await runVitest([".test.ts"], "collect");
  return { ok: counts.failed === 0, detail: summaryLine(counts), output: failureLines({ failures }) + output };
}
