import { type BytePath, comparePaths, isDoppelError, isWithin, type PathEntry } from "@doppel/base";
import { difftarHeader, indexAttributes, sigtarDeletedHeader } from "@doppel/format";
import type { SignatureTable } from "@doppel/rsync";
import type { OwnerNames, SourceEntry } from "@doppel/tree";
import { hasChanged } from "./changes.ts";
import type { OldEntry, OldState } from "./old-state.ts";
import { storeDelta } from "./store-delta.ts";
import { type StoreContext, storeEntry } from "./store-entry.ts";

export interface IncrementContext extends StoreContext {
  readonly owners: OwnerNames;
  /** Paths that exist but could not be read: what was known below them is kept, not recorded as deleted. */
  readonly unreadable: BytePath[];
}

/** Merges the source with the state of the chain, and stores what differs (spec 5.2). */
export async function storeIncrement(entries: Iterable<SourceEntry>, old: OldState, context: IncrementContext): Promise<void> {
  let known = await old.next();
  for (const entry of entries) {
    for (; known && comparePaths(known.entry.path, entry.path) < 0; known = await old.next()) storeDeleted(known, context);
    if (!known || known.entry.path !== entry.path) {
      storeEntry(entry, context);
      continue;
    }
    await storeKnown(entry, known, old, context);
    known = await old.next();
  }
  for (; known; known = await old.next()) storeDeleted(known, context);
}

async function storeKnown(entry: SourceEntry, known: OldEntry, old: OldState, context: IncrementContext): Promise<void> {
  const { counts } = context.batcher;
  if (!hasChanged(known.entry, entry, context.owners)) {
    counts.entries++;
    counts.sourceBytes += entry.statSize;
    return;
  }
  const table = entry.type === "file" && known.isFile ? await tableOf(old) : undefined;
  if (table) storeDelta(entry, table, context);
  else storeEntry(entry, context);
}

/** Undefined when the signature is of no use: the file is then stored whole, which is always right. */
async function tableOf(old: OldState): Promise<SignatureTable | undefined> {
  try {
    return await old.signature();
  } catch (error) {
    if (isDoppelError(error, "rsync.bad-signature")) return undefined;
    throw error;
  }
}

function storeDeleted({ entry: { path, type }, isFile }: OldEntry, { batcher, unreadable }: IncrementContext): void {
  if (path === "" || unreadable.some((kept) => isWithin(path, kept))) return;
  const gone: PathEntry = { path, type: "file", mode: 0, uid: 0, gid: 0, uname: "", gname: "", mtime: 0, size: 0 };
  const header = difftarHeader("deleted", gone);
  batcher.counts.deleted++;
  batcher.mark({
    tarBytes: header.length,
    path,
    type: isFile ? "file" : type,
    change: "deleted",
    size: 0,
    attributes: indexAttributes("deleted", gone),
    lastPiece: true,
    endsVolume: false,
  });
  batcher.append(header);
  batcher.appendSignature(sigtarDeletedHeader(path));
}
