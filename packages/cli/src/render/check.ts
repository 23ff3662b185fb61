import type { CheckReport } from "@doppel/engine/internal";
import { findingLines, outcomeText } from "./findings.ts";
import { setKind } from "./rows.ts";
import { byteText, counted } from "./sizes.ts";
import { tableLines } from "./table.ts";
import { localTime } from "./times.ts";

/** The answer of `doppel check`: a line a backup, then everything that is not as it should be. */
export function checkText(report: CheckReport): string {
  const { target, withKey, sets, foreign, seed, objects, bytes, read, readBytes, readBefore, problems, warnings } = report;
  if (sets.length === 0) return [`${target}: no backup.`, ...findingLines(foreign), ""].join("\n");
  const hasBefore = readBefore > 0;
  const before = hasBefore ? `; ${readBefore} more were read before it was stopped, and were sound then` : "";
  const how = withKey ? "by its hash, or by opening it" : "as far as can be seen without a key";
  const lines = [
    `${target}: ${counted(sets.length, "backup")}, ${counted(objects, "object")}, ${byteText(bytes)}`,
    "",
    ...tableLines(
      ["Time", "Kind", "Objects", "Size", "Read", ...(hasBefore ? ["Before"] : []), "Outcome"],
      ["left", "left", "right", "right", "right", ...(hasBefore ? (["right"] as const) : []), "left"],
      sets.map((set) => [
        localTime(set.id.end),
        setKind(set.id.kind),
        set.objects,
        byteText(set.bytes),
        set.read,
        ...(hasBefore ? [set.readBefore] : []),
        outcomeText(set.findings, "sound"),
      ]),
    ),
    "",
    ...findingLines([...sets.flatMap(({ findings }) => findings), ...foreign]),
    `${counted(read, "object")} (${byteText(readBytes)}) read and checked, each ${how}${before}; --sample-seed ${seed} chooses the same ones.`,
    `${counted(problems, "problem")}, ${counted(warnings, "warning")}.`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The same for programs. Times as ISO 8601. */
export function checkData({ target, sets, foreign, ...rest }: CheckReport): object {
  return {
    target,
    ...rest,
    sets: sets.map(({ id, ...set }) => ({
      type: id.kind,
      start: id.start.toISOString(),
      end: id.end.toISOString(),
      ...set,
    })),
    foreign,
  };
}
