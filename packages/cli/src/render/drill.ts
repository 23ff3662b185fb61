import { displayPath, displayText } from "@doppel/base";
import type { DrillReport } from "@doppel/engine/internal";
import { byteText, counted, durationText } from "./sizes.ts";
import { localTime } from "./times.ts";

/** The answer of `doppel drill`. @param recorded what became of the record for the monitor */
export function drillText(report: DrillReport, recorded: string): string {
  const { target, set, files, entries, bytes, filesInBackup, digests, seed, problems, warnings } = report;
  const { volumes, volumeBytes, volumeSeconds, wholeBytes, wholeSeconds, seconds } = report;
  const what =
    entries > files
      ? `${counted(files, "file")} and ${counted(entries - files, "other entry", "other entries")}`
      : counted(files, "file");
  const proof = digests ? "each content by the SHA-256 of the index" : "the volumes that hold them by the hashes of the manifest";
  const lines = [
    `${target}: the backup of ${localTime(set)}, ${counted(filesInBackup, "file")}`,
    `Restored and removed again: ${what}, ${byteText(bytes)}, checked: ${proof}, and sizes and times by the listing (--seed ${seed} chooses the same ones).`,
    `Read whole: ${counted(volumes, "volume")}, ${byteText(volumeBytes)} in ${durationText(volumeSeconds)}.`,
    ...(wholeSeconds === undefined
      ? []
      : [
          `A restore of everything (${byteText(wholeBytes)} stored) may take ${durationText(wholeSeconds)} at that rate: an estimate.`,
        ]),
    ...section("Problems:", problems),
    ...section("Warnings:", warnings),
    "",
    recorded,
    problems.length === 0
      ? `PROVEN: what was tried can be restored (${durationText(seconds)}).`
      : `FAILED: ${counted(problems.length, "problem")}.`,
  ];
  return `${lines.map(displayText).join("\n")}\n`;
}

/** The same for programs. Times as ISO 8601. */
export function drillData({ set, paths, ...rest }: DrillReport): object {
  return { ...rest, ok: rest.problems.length === 0, set: set.toISOString(), paths: paths.map(displayPath) };
}

function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", heading, ...lines.map((line) => `  ${line}`)];
}
