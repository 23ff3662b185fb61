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
const WIDTH = 80;
const INDENT = " ".repeat(6);
const REMEDY = `${INDENT}-> `;

/**
 * A line for each check, what to do about it below, and a line that counts, none wider than a terminal. What several in a row have in
 * common stands once, below the last of them. Ends with a newline.
 */
export function doctorText(label: string, findings: readonly Finding[], { coloured, withDetails }: DoctorTextOptions): string {
  const word = (level: Finding["level"]): string => {
    const padded = WORDS[level].padEnd(4);
    return `${coloured ? `\u001b[${COLOURS[level]}m${padded}\u001b[0m` : padded}  `;
  };
  const lines = findings.flatMap((finding, at) => {
    const { level, title, detail, remedy } = finding;
    const isTold = (level !== "pass" || withDetails) && !isSaidBelow(finding, findings[at + 1]);
    return [
      ...folded(title, word(level), INDENT),
      ...(detail !== undefined && isTold ? folded(detail, INDENT, INDENT) : []),
      ...(remedy !== undefined && isTold && level !== "pass" ? folded(remedy, REMEDY, " ".repeat(REMEDY.length)) : []),
    ];
  });
  const { counts } = verdictOf(findings);
  const failed = counts.fail === 0 ? "nothing failed" : `${counts.fail} FAILED`;
  const summary = `${failed}, ${counts.warn} warning${counts.warn === 1 ? "" : "s"}, ${counts.pass} passed, ${counts.skipped} not looked at`;
  return `${[`Backups at ${label}:`, ...lines, "", summary].join("\n")}\n`;
}

function isSaidBelow({ level, detail, remedy }: Finding, next: Finding | undefined): boolean {
  return next?.level === level && next.detail === detail && next.remedy === remedy;
}

/**
 * Broken at blanks, and not within a `command`, which people copy.
 * @param first  what the first line begins with, and `others` the others: as wide as each other, but for colours
 */
function folded(text: string, first: string, others: string): readonly string[] {
  const width = WIDTH - others.length;
  const words = displayText(text)
    .replace(/`[^`]*`/g, (command) => command.replaceAll(" ", "\n"))
    .split(" ");
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line, at) => (at === 0 ? first : others) + line.replaceAll("\n", " "));
}
