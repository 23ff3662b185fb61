import { displayText } from "@doppel/base";
import type { ChainStatus, SetStatus, StatusReport } from "@doppel/engine";
import { setKind } from "./rows.ts";
import { byteText, counted } from "./sizes.ts";
import { tableLines } from "./table.ts";
import { localTime } from "./times.ts";

/** The answer of `doppel status`: chains, oldest first, then what is not part of any, with what to do about it. */
export function statusText(report: StatusReport): string {
  const { chains, incomplete, orphaned, orphanedSignatures, conflicts } = report;
  const paragraphs: string[] = [];
  if (chains.length === 0) {
    paragraphs.push(`No complete backup at ${report.target}.`);
  } else {
    const sets = chains.reduce((count, { sets }) => count + sets.length, 0);
    const among = chains.length > 1 ? ` in ${counted(chains.length, "chain")}` : "";
    paragraphs.push(`${report.target}: ${counted(sets, "complete backup")}${among}, ${byteText(storedBytes(...chains))}`);
    paragraphs.push(...chainTables(chains));
  }
  if (incomplete.length > 0) {
    const why =
      incomplete.length === 1
        ? "an interrupted run left it, or it is running now.\nIt cannot be restored and does no harm; doppel cleanup removes it."
        : "interrupted runs left them, or one is running now.\nThey cannot be restored and do no harm; doppel cleanup removes them.";
    paragraphs.push(`${counted(incomplete.length, "unfinished backup")}: ${why}`, setTable(incomplete));
  }
  if (orphaned.length > 0) {
    const why =
      orphaned.length === 1
        ? "the backup that it builds on is missing.\nIt cannot be restored; doppel cleanup removes it."
        : "the backups that they build on are missing.\nThey cannot be restored; doppel cleanup removes them.";
    paragraphs.push(`${counted(orphaned.length, "orphaned increment")}: ${why}`, setTable(orphaned));
  }
  if (orphanedSignatures.length > 0) {
    paragraphs.push(`Signatures that belong to no backup here:\n${indented(orphanedSignatures)}`);
  }
  for (const { names, reason } of conflicts) paragraphs.push(`Conflict: ${reason}\n${indented(names)}`);
  return `${paragraphs.join("\n\n")}\n`;
}

/** A table for each chain, all with the same columns: they are one table, cut. */
function chainTables(chains: readonly ChainStatus[]): readonly string[] {
  const [head = "", ...rows] = setLines(chains.flatMap(({ sets }) => sets));
  let at = 0;
  return chains.map((chain, index) => {
    const own = rows.slice(at, (at += chain.sets.length));
    return [...chainHeading(chain, index + 1, chains.length), head, ...own].join("\n");
  });
}

function chainHeading(chain: ChainStatus, number: number, count: number): readonly string[] {
  const broken = chain.chain.hasSignatures ? "" : "signatures are missing: it can be restored, but not continued";
  if (count === 1) return broken === "" ? [] : [`The chain's ${broken}.`];
  const newest = number === count ? ", the newest" : "";
  const size = `${counted(chain.sets.length, "backup")}, ${byteText(storedBytes(chain))}`;
  return [`Chain ${number} of ${count}${newest}: ${size}${broken === "" ? "" : `\nIts ${broken}.`}`];
}

function storedBytes(...chains: readonly ChainStatus[]): number {
  return chains.flatMap(({ sets }) => sets).reduce((sum, set) => sum + set.volumeBytes + set.metadataBytes, 0);
}

function setTable(sets: readonly SetStatus[]): string {
  return setLines(sets).join("\n");
}

function setLines(sets: readonly SetStatus[]): readonly string[] {
  return tableLines(
    ["Time", "Kind", "Volumes", "Stored", "Encrypted"],
    ["left", "left", "right", "right", "left"],
    sets.map(({ set, volumes, volumeBytes, metadataBytes }) => {
      const stored = byteText(volumeBytes + metadataBytes);
      return [localTime(set.id.end), setKind(set.id.kind), volumes, stored, set.encoding === "gpg" ? "yes" : "no"];
    }),
  );
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${displayText(line)}`).join("\n");
}
