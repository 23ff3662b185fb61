import { DoppelError, type PathEntry } from "@doppel/base";
import { type BackupSet, type IndexItem, SetIndexReader, type SigtarItem, SigtarReader, signaturesName } from "@doppel/format";
import type { ReadContext } from "../context.ts";
import { fetchMetadata, type Metadata, openLocal } from "../open-metadata.ts";
import { refuseOther } from "../slices/index-file.ts";

/** What a set says of one path, as far as it can be known without its volumes: of files everything but the content. */
export interface RollEntry {
  /** "lost": a file, or a delta of one. */
  readonly kind: "lost" | "snapshot" | "deleted";
  readonly entry: PathEntry;
}

/** All paths that a set has a word about, in format order. */
export interface Roll extends AsyncDisposable {
  /** From the start; what one chunk of the archive holds at a time. */
  entries(): AsyncGenerator<readonly RollEntry[]>;
}

/** For these there may be another source that is sound, or none: the set's volumes are read without. */
const UNUSABLE: ReadonlySet<string> = new Set([
  "storage.not-found",
  "volume.damaged",
  "format.bad-tar",
  "format.bad-set",
  "format.bad-index",
  "openpgp.no-secret-key",
  "openpgp.bad-signature",
]);

/**
 * Opens the first that is sound from end to end of: the archive directory's copy of the set's signatures, the target's, the
 * set's index. Undefined when none is. What comes from the target must be signed as volumes must.
 * @param memoryLimit what a fetched object may take of memory; a larger one goes to a temporary file
 * @throws openpgp.*, storage.*
 */
export async function openRoll(set: BackupSet, context: ReadContext, memoryLimit: number): Promise<Roll | undefined> {
  const { signatures, index } = set;
  const fetch = (name: string | undefined) => async () => name && fetchMetadata(name, context, memoryLimit);
  const local = async () => openLocal(signaturesName(set.id, "gzip", context.prefixes), context);
  return (
    (await sound(local, signedEntries, context)) ??
    (await sound(fetch(signatures), signedEntries, context)) ??
    (await sound(fetch(index), (found) => indexedEntries(found, set), context))
  );
}

async function sound(
  open: () => Promise<Metadata | undefined | "">,
  entriesOf: (found: Metadata) => AsyncGenerator<readonly RollEntry[]>,
  { runtime }: ReadContext,
): Promise<Roll | undefined> {
  let found: Metadata | undefined;
  try {
    found = (await open()) || undefined;
    if (!found) return undefined;
    const metadata = found;
    for await (const _ of entriesOf(metadata)) runtime.signal.throwIfAborted();
    return { entries: () => entriesOf(metadata), [Symbol.asyncDispose]: () => metadata[Symbol.asyncDispose]() };
  } catch (error) {
    await found?.[Symbol.asyncDispose]();
    if (!(error instanceof DoppelError) || !UNUSABLE.has(error.code)) throw error;
    runtime.emit({ type: "debug", detail: `not used to tell what is lost: ${error.message}` });
    return undefined;
  }
}

async function* signedEntries(found: Metadata): AsyncGenerator<readonly RollEntry[]> {
  const reader = new SigtarReader({ name: found.name });
  for await (const chunk of found.bytes()) yield reader.update(chunk).flatMap(ofSigtar);
  reader.finish();
}

function ofSigtar(item: SigtarItem): RollEntry[] {
  if (item.type !== "entry") return [];
  // Its size is that of the signature.
  return item.kind === "signature"
    ? [{ kind: "lost", entry: { ...item.entry, size: 0 } }]
    : [{ kind: item.kind, entry: item.entry }];
}

async function* indexedEntries(found: Metadata, set: BackupSet): AsyncGenerator<readonly RollEntry[]> {
  const reader = new SetIndexReader();
  for await (const chunk of found.bytes()) yield reader.update(chunk).flatMap((item) => ofIndex(item, set));
  reader.finish();
}

function ofIndex(item: IndexItem, set: BackupSet): RollEntry[] {
  if (item.type === "head") refuseOther(item.set, set.id);
  if (item.type !== "entry") return [];
  const { kind, entry } = item.record;
  if (kind === "deleted") return [{ kind, entry }];
  return [{ kind: entry.type === "file" ? "lost" : "snapshot", entry }];
}
