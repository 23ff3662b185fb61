import type { SetStatus, StatusReport } from "@doppel/engine";
import Table from "cli-table3";
import { byteText, counted } from "./sizes.ts";
import { localTime } from "./times.ts";

/** The answer of `doppel status`: chains, oldest first, then what is not part of any, with what to do about it. */
export function statusText(report: StatusReport): string {
  const { chains, incomplete, orphaned, orphanedSignatures, conflicts } = report;
  const paragraphs: string[] = [];
  if (chains.length === 0) {
    paragraphs.push(`No complete backup at ${report.target}.`);
  } else {
    const sets = chains.reduce((count, { sets }) => count + sets.length, 0);
    const bytes = chains.flatMap(({ sets }) => sets).reduce((sum, set) => sum + set.volumeBytes + set.metadataBytes, 0);
    paragraphs.push(`${report.target}: ${counted(sets, "complete backup")}, ${byteText(bytes)}`);
    paragraphs.push(setTable(chains.flatMap(({ sets }) => sets)));
  }
  if (incomplete.length > 0) {
    const one = incomplete.length === 1;
    const why = one
      ? "an interrupted run left it, or it is running now. It does"
      : "interrupted runs left them, or one is running now. They do";
    paragraphs.push(
      `${counted(incomplete.length, "unfinished backup")}, which cannot be restored: ${why} no harm.`,
      setTable(incomplete),
    );
  }
  if (orphaned.length > 0) {
    const one = orphaned.length === 1;
    const why = one ? "the backup that it builds on is missing, so it" : "the backups that they build on are missing, so they";
    paragraphs.push(`${counted(orphaned.length, "orphaned increment")}: ${why} cannot be restored.`, setTable(orphaned));
  }
  if (orphanedSignatures.length > 0) {
    paragraphs.push(`Signatures that belong to no backup here:\n${indented(orphanedSignatures)}`);
  }
  for (const { names, reason } of conflicts) paragraphs.push(`Conflict: ${reason}\n${indented(names)}`);
  return `${paragraphs.join("\n\n")}\n`;
}

function setTable(sets: readonly SetStatus[]): string {
  const table = new Table({
    head: ["Time", "Kind", "Volumes", "Stored", "Encrypted"],
    chars: PLAIN,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 3 },
    colAligns: ["left", "left", "right", "right", "left"],
  });
  for (const { set, volumes, volumeBytes, metadataBytes } of sets) {
    const kind = set.id.kind === "full" ? "full" : "increment";
    const encrypted = set.encoding === "gpg" ? "yes" : "no";
    table.push([localTime(set.id.end), kind, volumes, byteText(volumeBytes + metadataBytes), encrypted]);
  }
  return table.toString().replace(/ +$/gm, "");
}

/** No borders: the table is to be read by people and by `awk`. */
const PLAIN = Object.fromEntries(
  ["top", "bottom", "left", "mid", "right"].flatMap((side) =>
    [side, `${side}-mid`, `${side}-left`, `${side}-right`, "middle"].map((name) => [name, ""]),
  ),
);

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
