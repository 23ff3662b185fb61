import { type BytePath, comparePaths, displayPath, isDoppelError, type PathEntry } from "@doppel/base";
import { difftarHeader, indexAttributes, sigtarDeletedHeader } from "@doppel/format";
import type { SignatureTable } from "@doppel/rsync";
import type { OwnerNames, SourceEntry } from "@doppel/tree";
import { type Resuming, refuseUnless } from "./cut-file.ts";
import { hasChanged } from "./changes.ts";
import type { OldEntry, OldState } from "./old-state.ts";
import { storeDelta } from "./store-delta.ts";
import { type StoreContext, storeEntry } from "./store-entry.ts";
import type { UnreadablePaths } from "./unreadable-paths.ts";

export interface IncrementContext extends StoreContext {
  readonly owners: OwnerNames;
  /** The file whose first pieces are stored, and the first object of the chain that is not dealt with. */
  readonly resuming?: { readonly path: BytePath; readonly cut?: Resuming; readonly known: OldEntry | undefined };
  readonly unreadable: UnreadablePaths;
}

/** Merges the source with the state of the chain, and stores what differs (spec 5.2). */
export async function storeIncrement(entries: Iterable<SourceEntry>, old: OldState, context: IncrementContext): Promise<void> {
  const { resuming, unreadable } = context;
  let known = resuming ? resuming.known : await old.next();
  // Nothing is awaited that is there: the path of an unchanged object is the hot one.
  for (const entry of entries) {
    while (known && comparePaths(known.entry.path, entry.path) < 0) {
      storeDeleted(known, context);
      const next = old.next();
      known = next instanceof Promise ? await next : next;
    }
    unreadable.hold(entry.path); // and forgets those before
    if (!known || known.entry.path !== entry.path) {
      storeEntry(entry, context, cutOf(entry, context));
      continue;
    }
    if (hasChanged(known.entry, entry, context.owners)) await storeChanged(entry, known, old, context);
    else keepUnchanged(entry, context);
    const next = old.next();
    known = next instanceof Promise ? await next : next;
  }
  for (; known; known = await old.next()) storeDeleted(known, context);
}

function keepUnchanged(entry: SourceEntry, context: IncrementContext): void {
  if (cutOf(entry, context)) refuseUnless(false, displayPath(entry.path), "is as it was before");
  context.batcher.count(entry, entry.statSize, undefined);
}

async function storeChanged(entry: SourceEntry, known: OldEntry, old: OldState, context: IncrementContext): Promise<void> {
  const cut = cutOf(entry, context);
  const table = entry.type === "file" && known.isFile ? await tableOf(old) : undefined;
  // Stock's delta of a file is not ours: the rest of one does not go with the beginning of the other.
  if (table && cut && cut.digest === undefined) refuseUnless(false, displayPath(entry.path), "lies there as half a delta");
  if (table) storeDelta(entry, table, context, cut);
  else storeEntry(entry, context, cut);
}

function cutOf({ path }: SourceEntry, { resuming }: IncrementContext): Resuming | undefined {
  return resuming?.path === path ? resuming.cut : undefined;
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
  if (path === "" || unreadable.hold(path)) return;
  const gone: PathEntry = { path, type: "file", mode: 0, uid: 0, gid: 0, uname: "", gname: "", mtime: 0, size: 0 };
  const header = difftarHeader("deleted", gone);
  batcher.nextPath(path);
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
