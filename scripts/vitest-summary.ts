/** Vitest reporter that prints nothing: it hands the outcome of a run to the process that started vitest (run-vitest.ts). */
import type { Reporter, TestModule } from "vitest/node";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface TestSummary {
  readonly counts: TestCounts;
  /** What failed, a line each: `file > suite > test: the error's first line`. */
  readonly failures: readonly string[];
}

export default class VitestSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Promise<void> {
    const summary: TestSummary = {
      counts: countTests(modules, unhandledErrors.length),
      failures: [...listFailures(modules), ...unhandledErrors.map((error) => failureLine("not handled", error))],
    };
    // Waits until it is written: vitest ends the process when the reporters are done.
    return new Promise((resolve) => {
      if (process.send === undefined) resolve();
      else process.send(summary, undefined, undefined, () => resolve());
    });
  }
}

/**
 * Counts tests by outcome. What failed outside of a test counts as failed too: a file that could not be imported, a hook,
 * and `errorsElsewhere` (rejections nobody handled).
 */
function countTests(modules: readonly TestModule[], errorsElsewhere: number): TestCounts {
  const counts = { passed: 0, failed: errorsElsewhere, skipped: 0 };
  for (const module of modules) {
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") counts.passed++;
      else if (state === "failed") counts.failed++;
      else counts.skipped++; // skipped, or never reached because the run was broken off
    }
  }
  return counts;
}

/** What failed in tests, and outside of them. */
function* listFailures(modules: readonly TestModule[]): Generator<string> {
  for (const module of modules) {
    const file = module.relativeModuleId;
    for (const error of module.errors()) yield failureLine(file, error);
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors()) yield failureLine(`${file} > ${suite.fullName}`, error);
    }
    for (const test of module.children.allTests("failed")) {
      yield failureLine(`${file} > ${test.fullName}`, test.result().errors?.[0]);
    }
  }
}

function failureLine(where: string, error: unknown): string {
  const message = String((error as { message?: unknown } | undefined)?.message ?? error);
  return `${where}: ${message.split("\n", 1)[0] ?? ""}`;
}
