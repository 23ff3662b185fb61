import type { BackupStatistics } from "@doppel/engine/internal";
import { byteText, elapsedText } from "./sizes.ts";
import { asctime } from "./times.ts";

/** Duplicity's statistics block, byte for byte (cli spec 4.3): scripts parse it. Ends with an empty line. */
export function statisticsBlock(statistics: BackupStatistics): string {
  const s = statistics;
  const elapsed = (s.endTime.getTime() - s.startTime.getTime()) / 1000;
  const lines = [
    `${"-".repeat(14)}[ Backup Statistics ]${"-".repeat(14)}`,
    `StartTime ${instant(s.startTime)}`,
    `EndTime ${instant(s.endTime)}`,
    `ElapsedTime ${elapsed.toFixed(2)} (${elapsedText(elapsed)})`,
    `SourceFiles ${s.sourceFiles}`,
    size("SourceFileSize", s.sourceFileSize),
    `NewFiles ${s.newFiles}`,
    size("NewFileSize", s.newFileSize),
    `DeletedFiles ${s.deletedFiles}`,
    `ChangedFiles ${s.changedFiles}`,
    size("ChangedFileSize", s.changedFileSize),
    size("ChangedDeltaSize", s.changedDeltaSize),
    `DeltaEntries ${s.deltaEntries}`,
    size("RawDeltaSize", s.rawDeltaSize),
    size("TotalDestinationSizeChange", s.totalDestinationSizeChange),
    `Errors ${s.errors}`,
    "-".repeat(49),
  ];
  return `${lines.join("\n")}\n\n`;
}

function instant(time: Date): string {
  return `${(time.getTime() / 1000).toFixed(2)} (${asctime(time)})`;
}

function size(field: string, bytes: number): string {
  return `${field} ${bytes} (${byteText(bytes)})`;
}
