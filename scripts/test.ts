/**
 * `npm test [-- vitest's arguments]`: installs the programs that interop tests drive, builds, and runs the tests.
 * Whatever happens, the last line is `N passed, N failed, N skipped`.
 */
import { buildIfStale } from "./build.ts";
import { type InteropProgram, installMissingPrograms } from "./interop-programs.ts";
import { failureLines, runVitest, summaryLine, type VitestRun } from "./run-vitest.ts";

type Outcome = Pick<VitestRun, "counts" | "failures">;

const interopRequired = process.env["DOPPEL_REQUIRE_INTEROP"] === "1";
const NOTHING_RAN: Outcome = { counts: { passed: 0, failed: 1, skipped: 0 }, failures: [] };

const { counts, failures } = await runTests(process.argv.slice(2));
process.stdout.write(failureLines({ failures }));
console.log(summaryLine(counts));
process.exit(counts.failed === 0 ? 0 : 1);

async function runTests(args: readonly string[]): Promise<Outcome> {
  const missing = installMissingPrograms();
  for (const program of missing) console.error(missingLine(program));
  if (missing.length > 0 && interopRequired) return NOTHING_RAN;
  try {
    await buildIfStale();
    return await runVitest(args, "show");
  } catch (error) {
    console.error(`doppel: ${(error as Error).message}`);
    return NOTHING_RAN;
  }
}

function missingLine({ program, debianPackage, usedFor }: InteropProgram): string {
  const consequence = interopRequired ? "DOPPEL_REQUIRE_INTEROP=1 forbids to go on without it" : "SKIPPING what needs it";
  return `doppel: MISSING PROGRAM ${program}: ${consequence}: ${usedFor} (on Debian: apt-get install ${debianPackage})`;
}
