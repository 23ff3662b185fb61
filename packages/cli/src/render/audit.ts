import type { AuditedSet, AuditReport } from "@doppel/engine/internal";
import { findingLines, outcomeText } from "./findings.ts";
import { setKind } from "./rows.ts";
import { byteText, counted } from "./sizes.ts";
import { tableLines } from "./table.ts";
import { localTime } from "./times.ts";

/** The answer of `doppel audit`: a line a backup, then everything that is not as it should be. */
export function auditText(report: AuditReport): string {
  const { target, sets, foreign, seed, objects, bytes, read, readBytes, problems, warnings } = report;
  if (sets.length === 0) return [`${target}: no backup.`, ...findingLines(foreign), ""].join("\n");
  const lines = [
    `${target}: ${counted(sets.length, "backup")}, ${counted(objects, "object")}, ${byteText(bytes)}`,
    "",
    ...tableLines(
      ["Time", "Kind", "Receipt", "Objects", "Size", "Read", "Outcome"],
      ["left", "left", "left", "right", "right", "right", "left"],
      sets.map((set) => [
        localTime(set.id.end),
        setKind(set.id.kind),
        receiptText(set),
        set.objects,
        byteText(set.bytes),
        set.read,
        outcomeText(set.findings, "as its receipt says"),
      ]),
    ),
    "",
    ...findingLines([...sets.flatMap(({ findings }) => findings), ...foreign]),
    `Sizes of all objects were compared, and the bytes of ${read} (${byteText(readBytes)}); --sample-seed ${seed} chooses the same ones.`,
    `${counted(problems, "problem")}, ${counted(warnings, "warning")}.`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The same for programs. Times as ISO 8601. */
export function auditData({ target, sets, foreign, ...rest }: AuditReport): object {
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

function receiptText({ receipt, signature }: AuditedSet): string {
  if (receipt !== "good") return { bad: "BAD", unread: "not read", none: "none" }[receipt];
  return { none: "not signed", good: "signed", bad: "BAD", unchecked: "signed, not checked" }[signature];
}
