import { type BytePath, comparePaths, DoppelError, isWithin } from "@doppel/base";
import { type BackupSet, blocksFor, type IndexedEntry, SetIndexReader, signaturesName } from "@doppel/format";
import { ArchiveDir } from "../cache/archive-dir.ts";
import type { ReadContext } from "../read/context.ts";
import { fetchMetadata, type Metadata } from "../read/open-metadata.ts";
import { type IndexFile, refuseOther } from "../read/slices/index-file.ts";
import { isUnusable, withIndex } from "../read/slices/set-index.ts";
import type { Target } from "../read/target.ts";
import { HistoryLane } from "./lane.ts";
import type { SetRecord } from "./records.ts";

/** Which indexes are read, and how much of them. */
export interface IndexChoice {
  readonly target: Pick<Target, "sizes">;
  /** Only this path and what is below it is wanted: other records may be left out. */
  readonly below?: BytePath | undefined;
  /** Also where the archive directory has the signatures, which take no secret key. */
  readonly evenWithCopies?: boolean;
}

/** Lines of this size are read for one path, from their blocks, and held; for more the whole index is read as it comes. */
const MOST_BYTES = 2 << 20;
/** About a MiB. */
const BLOCKS_AT_ONCE = 16;
/** Bytes of lines that become a batch. Larger ones outlive the young generation and are copied: measured, 50,000 entries 380 CPU ms instead of 290. */
const AT_ONCE = 1 << 15;

/**
 * What a set's index says, path by path. Undefined when the set has none that can be used, and when its signatures are at hand
 * in the archive directory, which takes no secret key. Everything that is read has been checked when it resolves.
 * @throws openpgp.*, storage.*
 */
export async function indexLane(
  set: BackupSet,
  { target, below, evenWithCopies = false }: IndexChoice,
  context: ReadContext,
  memoryLimit: number,
): Promise<HistoryLane | undefined> {
  const { deps, prefixes } = context;
  const name = set.index;
  if (name === undefined) return undefined;
  if (set.encoding === "gpg") {
    const local = signaturesName(set.id, "gzip", prefixes);
    if (!deps.keys || (!evenWithCopies && (await new ArchiveDir(deps.archiveDir).has(local)))) return undefined;
  }
  let found: Metadata | undefined;
  try {
    if (below !== undefined && below !== "" && !deps.verifier) {
      const records = await withIndex(set, target, context, (index) => recordsBelow(index, below), rethrow);
      if (records) return new HistoryLane(set, only(records));
    }
    // Nothing else tells of damage, and a line that was given out cannot be taken back.
    if (set.encoding === "plain") await withIndex(set, target, context, checkBlocks, rethrow);
    found = await fetchMetadata(name, context, memoryLimit);
    const batches = indexRecords(found, set);
    const first = await batches.next(); // its head, which tells whether it can be read
    return new HistoryLane(set, resumed(first, batches), found);
  } catch (error) {
    await found?.[Symbol.asyncDispose]();
    if (!isUnusable(error)) throw error;
    const detail = `${name} is not used: ${error.message}; the signatures are read instead`;
    const told = error.code === "openpgp.no-secret-key" ? ({ type: "debug", detail } as const) : notice(detail);
    context.runtime.emit(told);
    return undefined;
  }
}

function notice(detail: string) {
  return { type: "notice", reason: "metadata", incomplete: false, detail } as const;
}

/** Undefined when they are too many. */
async function recordsBelow(index: IndexFile, path: BytePath): Promise<readonly SetRecord[] | undefined> {
  const place = (found: BytePath): number => (isWithin(found, path) ? 0 : comparePaths(found, path));
  const { first, end } = blocksFor(index.contents.blocks, place);
  return index.bytesOf(first, end) > MOST_BYTES ? undefined : (await index.entries(first, end)).map(recordOf);
}

/** @throws format.bad-index unless every block is what the contents say */
async function checkBlocks(index: IndexFile): Promise<void> {
  const { length } = index.contents.blocks;
  for (let block = 0; block < length; block += BLOCKS_AT_ONCE)
    await index.entries(block, Math.min(block + BLOCKS_AT_ONCE, length));
}

/** @throws format.bad-index when it is damaged, or another set's */
async function* indexRecords(found: Metadata, set: BackupSet): AsyncGenerator<readonly SetRecord[]> {
  const reader = new SetIndexReader();
  for await (const chunk of found.bytes()) {
    for (let at = 0; at < chunk.length; at += AT_ONCE) {
      const records: SetRecord[] = [];
      for (const item of reader.update(chunk.subarray(at, at + AT_ONCE))) {
        if (item.type === "entry") records.push(recordOf(item.record));
        else if (item.type === "head") refuseOther(item.set, set.id);
      }
      yield records;
    }
  }
  reader.finish();
}

/** As the signatures would tell it, with exact sizes. */
function recordOf({ kind, entry }: IndexedEntry): SetRecord {
  const { path, type, size } = entry;
  if (kind === "deleted") return { path, kind };
  if (type !== "file") return { path, kind: "snapshot", entry };
  // The entry is nobody else's: a copy of each would be most of what a listing costs.
  return { path, kind: "signature", entry: Object.assign(entry, { sizeRange: { min: size, max: size } }) };
}

function rethrow(error: DoppelError): never {
  throw error;
}

async function* only(records: readonly SetRecord[]): AsyncGenerator<readonly SetRecord[]> {
  yield records;
}

/** A generator of which one result was taken already. */
async function* resumed<T>(first: IteratorResult<T, undefined>, rest: AsyncGenerator<T, undefined>): AsyncGenerator<T> {
  try {
    if (!first.done) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
