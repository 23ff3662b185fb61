/** Vitest reporter that prints nothing: it hands the counts of a run to the process that started vitest (run-vitest.ts). */
import type { Reporter, TestModule } from "vitest/node";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export default class VitestSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Promise<void> {
    const counts = countTests(modules, unhandledErrors.length);
    // Waits until it is written: vitest ends the process when the reporters are done.
    return new Promise((resolve) => {
      if (process.send === undefined) resolve();
      else process.send(counts, undefined, undefined, () => resolve());
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
