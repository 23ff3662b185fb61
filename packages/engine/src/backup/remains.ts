import { readdir } from "node:fs/promises";
import { errnoOf, isDoppelError } from "@doppel/base";
import {
  type Manifest,
  type NamePrefixes,
  type ObjectName,
  parseManifest,
  parseName,
  type SetId,
  signaturesName,
} from "@doppel/format";
import type { ArchiveDir } from "../cache/archive-dir.ts";
import { isPartOf, JOURNAL, parseJournal, type ReadJournal } from "../cache/journal.ts";

/** What the archive directory tells of a run that was interrupted. */
export type Remains = { readonly set: SetId; readonly manifest: Manifest } & (
  | { readonly origin: "ours"; readonly journal: ReadJournal }
  /** `signatures`: the name of its `.sigtar.part`, if there is one. */
  | { readonly origin: "stock"; readonly signatures?: string }
);

/** All names in the archive directory that interrupted runs of stock have left. */
export async function partNames(archive: ArchiveDir, prefixes: NamePrefixes): Promise<readonly ObjectName[]> {
  const names = await readdir(archive.path).catch((error: unknown) => {
    if (errnoOf(error) === undefined) throw error;
    return [];
  });
  return names.flatMap((name) => {
    const object = parseName(name, prefixes);
    return object?.partial && name.endsWith(".part") ? [object] : [];
  });
}

/**
 * The newest interrupted run that can be known: ours by its journal, unless stock went on with it since; otherwise stock's
 * by its `.manifest.part`.
 */
export async function readRemains(archive: ArchiveDir, prefixes: NamePrefixes): Promise<Remains | undefined> {
  const parts = await partNames(archive, prefixes);
  const manifests = parts.filter(({ role }) => role === "manifest").sort((a, b) => endOf(a.set) - endOf(b.set));
  const newest = manifests.at(-1);
  const part = newest && (await archive.read(newest.name));
  const bytes = await archive.read(JOURNAL);
  const journal = bytes && parseJournal(bytes);
  if (journal && journal.volumes.length > 0 && isNewest(journal, newest?.set, part)) {
    const { head, volumes } = journal;
    return { origin: "ours", set: head.set, manifest: { ...head, volumes }, journal };
  }
  const manifest = part && parsePart(part);
  if (!newest || !manifest) return undefined;
  const signatures = `${signaturesName(newest.set, "plain", prefixes)}.part`;
  return {
    origin: "stock",
    set: newest.set,
    manifest,
    ...((await archive.has(signatures)) && { signatures }),
  };
}

function isNewest(journal: ReadJournal, set: SetId | undefined, part: Uint8Array | undefined): boolean {
  if (!set || !part) return true;
  if (endOf(set) !== endOf(journal.head.set)) return endOf(set) < endOf(journal.head.set);
  return isPartOf(journal, part);
}

/** As stock left it: its last volume may be cut off. Undefined when no volume is whole. */
function parsePart(bytes: Uint8Array): Manifest | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  for (const end of [text.length, Math.max(0, text.lastIndexOf("\nVolume ") + 1)]) {
    try {
      const manifest = parseManifest(Buffer.from(text.slice(0, end), "latin1"));
      if (manifest.volumes.every(({ hashes }) => hashes.get("SHA1")?.length === 40)) return manifest;
    } catch (error) {
      if (!isDoppelError(error, "format.bad-manifest")) throw error;
    }
  }
  return undefined;
}

function endOf({ end }: SetId): number {
  return end.getTime();
}
