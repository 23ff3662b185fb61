import { type BytePath, comparePaths, DoppelError } from "@doppel/base";
import type { BackupSet } from "@doppel/format";
import type { ReadContext } from "../read/context.ts";
import type { PathLane } from "../read/path-merge.ts";
import { filelist } from "./filelist.ts";
import type { Metadata } from "../read/open-metadata.ts";
import { RecordReader, type SetRecord } from "./records.ts";

/** What one set says, path by path. Synchronous as long as records are at hand: a batch is what one chunk holds. */
export class HistoryLane implements PathLane, AsyncDisposable {
  readonly set: BackupSet;
  readonly #batches: AsyncGenerator<readonly SetRecord[]>;
  readonly #archive: AsyncDisposable | undefined;
  #batch: readonly SetRecord[] = [];
  #at = 0;
  /** Where the lane stands; undefined at its end, and before it was moved for the first time. */
  record: SetRecord | undefined;

  /** @param archive what `batches` reads; disposed of with the lane, whether or not it was begun */
  constructor(set: BackupSet, batches: AsyncGenerator<readonly SetRecord[]>, archive?: AsyncDisposable) {
    this.set = set;
    this.#batches = batches;
    this.#archive = archive;
  }

  get path(): BytePath | undefined {
    return this.record?.path;
  }

  /** Moves on if the next record is at hand; false: it takes `fill` to move on. */
  advance(): boolean {
    if (this.#at >= this.#batch.length) return false;
    this.record = this.#batch[this.#at++];
    return true;
  }

  /** Moves on to the first record of the next batch. */
  async fill(): Promise<void> {
    this.#at = 0;
    for (;;) {
      const { value, done } = await this.#batches.next();
      this.#batch = done ? [] : value;
      if (done || value.length > 0) break;
    }
    this.record = undefined;
    this.advance();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches.return(undefined);
    await this.#archive?.[Symbol.asyncDispose]();
  }
}

/** The records of an opened signature archive. @throws format.bad-tar, format.bad-set, volume.damaged */
export async function* signatureRecords(
  archive: Metadata,
  options: { readonly digests: boolean; readonly signal: AbortSignal },
): AsyncGenerator<readonly SetRecord[]> {
  const reader = new RecordReader(archive.name, options);
  for await (const chunk of archive.bytes()) {
    options.signal.throwIfAborted();
    yield reader.update(chunk);
  }
  reader.finish();
}

/** What stands in for a signature archive that is lost: the regular files that the manifest names. */
export async function* listedRecords(set: BackupSet, context: ReadContext): AsyncGenerator<readonly SetRecord[]> {
  let last: BytePath | undefined;
  for await (const changes of filelist(set, context)) {
    for (const { path } of changes) {
      if (last !== undefined && comparePaths(last, path) >= 0) throw unordered(set);
      last = path;
    }
    yield changes.map(({ kind, path }) => ({ path, kind: kind === "deleted" ? "deleted" : "listed" }));
  }
}

function unordered(set: BackupSet): DoppelError {
  const reason = "its list of files is not in order";
  const name = set.manifest ?? "the manifest";
  return new DoppelError("format.bad-manifest", `${name} cannot stand in for lost signatures: ${reason}`, { line: 0, reason });
}
