import { displayText } from "@doppel/base";
import { counted } from "./sizes.ts";

/** What an audit or a check found. */
interface Finding {
  readonly severity: "problem" | "warning";
  readonly name: string;
  readonly detail: string;
}

/** Of each kind: somebody's other files may lie there by the thousand. */
const SHOWN = 100;

/** One cell: how a set was found. @param sound what is said when there is nothing to say */
export function outcomeText(findings: readonly Finding[], sound: string): string {
  const count = (severity: Finding["severity"]): number => findings.filter((finding) => finding.severity === severity).length;
  if (count("problem") > 0) return counted(count("problem"), "PROBLEM");
  return count("warning") > 0 ? counted(count("warning"), "warning") : sound;
}

/** Problems, then warnings, each with a heading and an empty line behind it. */
export function findingLines(findings: readonly Finding[]): readonly string[] {
  const of = (severity: Finding["severity"], heading: string): readonly string[] => {
    const lines = findings.filter((finding) => finding.severity === severity);
    if (lines.length === 0) return [];
    const more = lines.length > SHOWN ? [`  … and ${lines.length - SHOWN} more, which --json lists`] : [];
    const shown = lines.slice(0, SHOWN).map(({ name, detail }) => `  ${displayText(name)} ${displayText(detail)}`);
    return [heading, ...shown, ...more, ""];
  };
  return [...of("problem", "Problems:"), ...of("warning", "Warnings:")];
}
