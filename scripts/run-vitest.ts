/** Runs vitest in a process of its own, so that we can still report when it crashes. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { TestCounts, TestSummary } from "./vitest-summary.ts";

const ROOT = join(import.meta.dirname, "..");
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
const SUMMARY = "--reporter=./scripts/vitest-summary.ts";

export interface VitestRun {
  /** `failed` is at least 1 unless vitest ended with 0. */
  readonly counts: TestCounts;
  /** What failed, a line each. */
  readonly failures: readonly string[];
  /** What vitest printed; empty when it was shown. */
  readonly output: string;
}

/** Runs the tests that `args` (vitest's: file filters, `-t` ...) select, showing vitest's output or collecting it. */
export function runVitest(args: readonly string[], output: "show" | "collect"): Promise<VitestRun> {
  const reporters = args.some((arg) => arg.startsWith("--reporter")) ? [SUMMARY] : ["--reporter=default", SUMMARY];
  const stdio = output === "show" ? "inherit" : "pipe";
  const child = spawn(process.execPath, [VITEST, "run", ...reporters, ...args], {
    cwd: ROOT,
    stdio: ["ignore", stdio, stdio, "ipc"],
  });
  const chunks: Buffer[] = [];
  let summary: TestSummary = { counts: { passed: 0, failed: 0, skipped: 0 }, failures: [] };
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.on("message", (message) => (summary = message as TestSummary));
  const end = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.once("SIGTERM", end).once("SIGHUP", end);
  process.once("SIGINT", () => {}); // sent to the whole group: vitest ends, and we report
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const { counts, failures } = summary;
      const failed = code === 0 ? counts.failed : Math.max(1, counts.failed);
      resolve({ counts: { ...counts, failed }, failures, output: Buffer.concat(chunks).toString("utf8") });
    });
  });
}

/** The line that a test run ends with, in the form that continuous integration reads. */
export function summaryLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** What failed, to be shown where the whole output may be cut: a line each. */
export function failureLines({ failures }: Pick<VitestRun, "failures">): string {
  return failures.map((failure) => `failed: ${failure}\n`).join("");
}
