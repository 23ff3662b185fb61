import { displayText } from "@doppel/base";
import type { ChainStatus, Obstacle, SetStatus, StatusReport } from "@doppel/engine/internal";
import { setKind } from "./rows.ts";
import { byteText, counted } from "./sizes.ts";
import { tableLines } from "./table.ts";
import { localTime } from "./times.ts";

/** The answer of `doppel status`: chains, oldest first, then what is not part of any, with what to do about it. */
export function statusText(report: StatusReport): string {
  const { chains, incomplete, lostManifest, orphaned, orphanedSignatures, conflicts } = report;
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
  const interrupted = incomplete.filter(({ set }) => set.signatures === undefined);
  const withSignatures = incomplete.filter(({ set }) => set.signatures !== undefined);
  if (interrupted.length > 0) {
    const why =
      interrupted.length === 1
        ? "an interrupted run left it, or it is running now.\nIt cannot be restored and does no harm; doppel cleanup removes it."
        : "interrupted runs left them, or one is running now.\nThey cannot be restored and do no harm; doppel cleanup removes them.";
    paragraphs.push(`${counted(interrupted.length, "unfinished backup")}: ${why}`, setTable(interrupted));
  }
  if (withSignatures.length > 0) {
    const what = `${counted(withSignatures.length, "backup")} without a manifest`;
    paragraphs.push(`${what}: ${WITHOUT_MANIFEST}`, setTable(withSignatures));
  }
  const finished = lostManifest.filter(({ set }) => set.receipt !== undefined);
  const needed = lostManifest.filter(({ set }) => set.receipt === undefined);
  for (const [sets, why, remedy] of [
    [finished, "whose receipt says that it was finished", FINISHED],
    [needed, "that later ones build on", LOST_MANIFEST],
  ] as const) {
    if (sets.length === 0) continue;
    paragraphs.push(`LOST: the manifest of ${counted(sets.length, "backup")} ${why}.\n${remedy}`, setTable(sets));
  }
  for (const obstacle of Object.keys(ORPHANS) as Obstacle[]) {
    const sets = orphaned.filter((set) => set.obstacle === obstacle);
    if (sets.length === 0) continue;
    const [why, next] = ORPHANS[obstacle];
    paragraphs.push(`${counted(sets.length, "orphaned increment")}: ${why}.\n${next}`, setTable(sets));
  }
  if (orphanedSignatures.length > 0) {
    paragraphs.push(`Signatures that belong to no backup here:\n${indented(orphanedSignatures)}`);
  }
  for (const { names, reason } of conflicts) paragraphs.push(`Conflict: ${reason}\n${indented(names)}`);
  return `${paragraphs.join("\n\n")}\n`;
}

/** How many backups cannot be used as they are, or not wholly. */
export function troubles(report: StatusReport): number {
  const { lostManifest, orphaned, conflicts } = report;
  return damagedSets(report) + lostManifest.length + orphaned.length + conflicts.filter(({ ambiguous }) => ambiguous).length;
}

/** How many of the backups that have a manifest lack something all the same. */
function damagedSets({ chains }: StatusReport): number {
  return chains.flatMap(({ sets }) => sets).filter(({ problems }) => problems.length > 0).length;
}

const WITHOUT_MANIFEST = `an interrupted run left it so, or it was lost.
If it was lost, put it back from a copy of the target; otherwise doppel cleanup removes what is there.`;

const LOST_MANIFEST = `Put it back from a copy of the target, and all of them can be restored again; cleanup leaves them alone.`;

const FINISHED = `Put it back from a copy of the target, and the backup can be restored again; cleanup leaves it alone.`;

/** What is said of orphaned increments, and what to do about them. */
const ORPHANS: Readonly<Record<Obstacle, readonly [why: string, next: string]>> = {
  missing: [
    "a backup that they build on is missing",
    "They cannot be restored without it: bring it back from a copy of the target. doppel cleanup removes them.",
  ],
  "lost-manifest": ["a backup that they build on has lost its manifest", "They come back with it."],
  replaced: [
    "they build on a backup that a later one has replaced",
    "They cannot be restored while the later one is there: two runs went on from the same backup. They go with their chain.",
  ],
  overtaken: [
    "they build on a backup that other increments continue",
    "They cannot be restored while those are there: two runs went on from the same backup. They go with their chain.",
  ],
};

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
  return [`Archived: ${where}; restoring takes hours and --thaw, unless thawed copies are there.`];
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
