import { readdir } from "node:fs/promises";
import { displayText, DoppelError } from "@doppel/base";
import { formatTime, type NamePrefixes, NO_PREFIXES, parseName } from "@doppel/format";

/** What an archive directory has of backups that once were at its target. */
export interface Remembered {
  /** Copies of manifests. */
  readonly manifests: number;
  /** A phrase for a person: what there is, and where. */
  readonly told: string;
}

const NEXT = "check the URL, --file-prefix, and whether its disk is mounted";

/**
 * Looks for copies of manifests, whatever the prefix of their names, and for the memory of the newest receipt. Undefined: there are
 * none, or the archive directory cannot be read.
 */
export async function rememberedIn(archiveDir: string, prefixes: NamePrefixes): Promise<Remembered | undefined> {
  const names = await readdir(archiveDir).catch(() => []); // whoever needs it says what is wrong with it
  const manifests = names.flatMap((name) => {
    const at = name.search(/duplicity-(full|inc)\./);
    const found = at < 0 ? undefined : parseName(name.slice(at), NO_PREFIXES);
    return found?.role === "manifest" && !found.partial ? [{ prefix: name.slice(0, at), end: found.set.end }] : [];
  });
  const newest = manifests.sort((a, b) => a.end.getTime() - b.end.getTime()).at(-1);
  if (!newest) {
    if (!names.some((name) => name.endsWith("last-receipt.json"))) return undefined;
    return { manifests: 0, told: `the archive directory ${archiveDir} remembers the receipt of one` };
  }
  const { length } = manifests;
  const which = length === 1 ? "the manifest of one" : `the manifests of ${length}, the newest`;
  const { prefix } = newest;
  const named = prefix === "" ? "under names without a prefix" : `under names that begin with "${displayText(prefix)}"`;
  const under = prefix === prefixes.all + prefixes.manifest ? "" : `, ${named}`;
  return {
    manifests: length,
    told: `the archive directory ${archiveDir} has ${which} of ${formatTime(newest.end)}${under}`,
  };
}

/** A target at which there is nothing of a backup, which is seldom what was meant. @param others objects of no backup */
export async function emptyTarget(
  label: string,
  archiveDir: string | undefined,
  prefixes: NamePrefixes,
  others: number,
): Promise<DoppelError<"collection.empty">> {
  const remembered = archiveDir === undefined ? undefined : await rememberedIn(archiveDir, prefixes);
  const beside = others === 0 ? "" : `, but ${others === 1 ? "1 object" : `${others} objects`} of none`;
  const once = remembered === undefined ? "" : `, though ${remembered.told}`;
  return new DoppelError("collection.empty", `${label} holds no backup${beside}${once}; ${NEXT}`, { target: label });
}

/** What is to be said where an empty target is no error. */
export function goneText(label: string, { told }: Remembered): string {
  return `${label} holds no backup, though ${told}; ${NEXT}`;
}
