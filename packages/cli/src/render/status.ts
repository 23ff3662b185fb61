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
    const damaged = damagedSets(report);
    const among = chains.length > 1 ? ` in ${counted(chains.length, "chain")}` : "";
    const state =
      damaged === 0 ? "" : damaged < sets ? `, ${damaged} of them DAMAGED` : sets === 1 ? ", DAMAGED" : ", all DAMAGED";
    const backups = counted(sets, damaged === 0 ? "complete backup" : "backup");
    paragraphs.push(`${report.target}: ${backups}${among}${state}, ${byteText(storedBytes(...chains))}`);
    paragraphs.push(...chainTables(chains));
    if (damaged > 0) paragraphs.push(REMEDY);
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

/** How many of the backups that have a manifest lack something all the same. */
export function damagedSets({ chains }: StatusReport): number {
  return chains.flatMap(({ sets }) => sets).filter(({ problems }) => problems.length > 0).length;
}

const REMEDY = `Bring what is missing back from a copy of the target, or begin a new chain with
doppel full. Until then later backups of the same chain may not be restorable either.`;

/** A table for each chain, all with the same columns: they are one table, cut. Below it, what is wrong with its sets. */
function chainTables(chains: readonly ChainStatus[]): readonly string[] {
  const [head = "", ...rows] = setLines(chains.flatMap(({ sets }) => sets));
  let at = 0;
  return chains.map((chain, index) => {
    const own = rows.slice(at, (at += chain.sets.length));
    return [...chainHeading(chain, index + 1, chains.length), head, ...own, ...archiveLines(chain), ...problemLines(chain)].join(
      "\n",
    );
  });
}

/** One line for a chain: a state needs all of what lies below it. */
function archiveLines({ sets }: ChainStatus): readonly string[] {
  const counts = new Map<string, number>();
  for (const { archived } of sets) for (const [name, count] of archived) counts.set(name, (counts.get(name) ?? 0) + count);
  if (counts.size === 0) return [];
  const where = [...counts].map(([name, count]) => `${counted(count, "object")} in ${displayText(name)}`).join(", ");
  return [`Archived: ${where}; restoring takes hours and --thaw.`];
}

function problemLines({ sets }: ChainStatus): readonly string[] {
  const damaged = sets.filter(({ problems }) => problems.length > 0);
  return damaged.map(({ set, problems }) => `DAMAGED ${localTime(set.id.end)}: ${problems.map(displayText).join("; ")}`);
}

function chainHeading(chain: ChainStatus, number: number, count: number): readonly string[] {
  const broken = chain.chain.hasSignatures
    ? ""
    : "signatures are missing: restoring does not need them, but it cannot be continued";
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
