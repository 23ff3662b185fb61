import { displayText } from "@doppel/base";
import { type Finding, verdictOf } from "@doppel/setup";

interface DoctorTextOptions {
  readonly coloured: boolean;
  /** Also of what is well. */
  readonly withDetails: boolean;
}

const WORDS = { pass: "pass", warn: "WARN", fail: "FAIL", skipped: "-" } as const;
/** Colours of a terminal (ECMA-48 8.3.117). */
const COLOURS = { pass: "32", warn: "33", fail: "1;31", skipped: "2" } as const;
const INDENT = " ".repeat(6);

/** A line for each check, what to do about it below, and a line that counts. Ends with a newline. */
export function doctorText(label: string, findings: readonly Finding[], { coloured, withDetails }: DoctorTextOptions): string {
  const word = (level: Finding["level"]): string => {
    const padded = WORDS[level].padEnd(4);
    return coloured ? `\u001b[${COLOURS[level]}m${padded}\u001b[0m` : padded;
  };
  const lines = findings.flatMap(({ level, title, detail, remedy }) => [
    `${word(level)}  ${displayText(title)}`,
    ...(detail !== undefined && (level !== "pass" || withDetails) ? [INDENT + displayText(detail)] : []),
    ...(remedy !== undefined && level !== "pass" ? [`${INDENT}-> ${displayText(remedy)}`] : []),
  ]);
  const { counts } = verdictOf(findings);
  const failed = counts.fail === 0 ? "nothing failed" : `${counts.fail} FAILED`;
  const summary = `${failed}, ${counts.warn} warning${counts.warn === 1 ? "" : "s"}, ${counts.pass} passed, ${counts.skipped} not looked at`;
  return `${[`Backups at ${label}:`, ...lines, "", summary].join("\n")}\n`;
}
