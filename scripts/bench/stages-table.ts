import { machineText } from "./machine.ts";
import { markdownTable } from "./markdown.ts";
import { significant } from "./bounds.ts";
import type { StageResult, StagesSection } from "./results.ts";
import { median } from "./statistics.ts";

/** A full backup may take this much of the time of its compression alone. */
const HIDDEN_BEHIND_COMPRESSION = 1.15;

/** The stages as Markdown, each by itself, and how far a full backup is from the slowest of them. */
export function stagesText(section: StagesSection): string {
  const { results, sourceMegabytes, files, machine, date } = section;
  const rows = results.map((stage) => {
    const seconds = median(stage.seconds);
    return [
      `${stage.of}: ${stage.name}`,
      `${seconds.toFixed(2)} s`,
      (stage.megabytes / seconds).toFixed(0),
      (sourceMegabytes / seconds).toFixed(0),
    ];
  });
  const rounds = results[0]?.seconds.length ?? 0;
  return [
    `Each part alone: medians of ${rounds} rounds, ${date.slice(0, 10)}, ${machineText(machine)}; ${files.toLocaleString("en")} files of ${sourceMegabytes.toFixed(0)} MB together.`,
    "",
    markdownTable(["stage", "time", "MB/s that pass through it", "MB/s of source"], rows, [1, 2, 3]),
    "",
    hiddenText(results),
  ].join("\n");
}

/** How the whole compares with its compression alone, at the default level. */
export function hiddenText(results: readonly StageResult[]): string {
  const secondsOf = (id: string): number => median(results.find((stage) => stage.id === id)?.seconds ?? []);
  const ratio = secondsOf("full-6") / secondsOf("compress-6");
  const bound = `bound ${HIDDEN_BEHIND_COMPRESSION}`;
  if (!Number.isFinite(ratio)) return `A full backup against its compression alone: not measured, ${bound}.`;
  const verdict = ratio <= HIDDEN_BEHIND_COMPRESSION ? "met" : "MISSED";
  return `A full backup takes ${significant(ratio)} times its compression alone, ${bound}: ${verdict}.`;
}
