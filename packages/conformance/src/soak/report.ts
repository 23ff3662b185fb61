import { COUNTED } from "./counts.ts";
import type { SoakReport } from "./soak.ts";

/** A table of these reports, one column each, as Markdown. */
export function tableOf(reports: readonly SoakReport[]): string {
  const rows: readonly (readonly string[])[] = [
    ["", ...reports.map(({ place, seal }) => `${place} (${seal})`)],
    ["---", ...reports.map(() => "---")],
    ...COUNTED.map((what) => [what, ...reports.map(({ counts }) => `${counts[what]}`)]),
    ["points restored at the end", ...reports.map(({ kept, byStock }) => `${kept}${byStock ? ", by both" : ", by doppel only"}`)],
    ["seconds", ...reports.map(({ seconds }) => `${seconds}`)],
  ];
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** One line for a README: what was run when, and what came of it. */
export function resultLine(reports: readonly SoakReport[], date: string): string {
  const sum = (what: string): number => reports.reduce((total, { counts }) => total + (counts[what] ?? 0), 0);
  const failed = reports.filter(({ failure }) => failure !== undefined).length;
  const places = reports.map(({ place, counts }) => `${counts["cycles"]} cycles ${place}`).join(", ");
  return `soak ${date}, seed ${reports[0]?.seed}: ${places}; ${sum("backups stored")} backups stored, ${sum("killed")} runs killed, ${sum("resumed")} resumed, ${sum("refused")} refused, ${sum("faults injected")} faults injected, ${sum("restores compared")} restores of ${sum("files compared")} entries compared, ${sum("differences")} differences, ${sum("silent losses")} silent losses: ${failed === 0 ? "passed" : "FAILED"}`;
}
