import { type ByteStream, DoppelError, type Payload } from "@doppel/base";
import { checkName, checkRange } from "../name.ts";
import type { Archived, ByteRange, Storage, StoredObject, ThawOptions, UnfinishedObject } from "../storage.ts";
import { type Bucket, head } from "./bucket.ts";
import { deleteObjects } from "./delete.ts";
import { getObject } from "./get.ts";
import { archivedBy, listObjects } from "./list.ts";
import type { ProtectionState } from "./protection.ts";
import { putObject, type Unsettled } from "./put.ts";
import { thawObjects } from "./thaw.ts";
import { abortStale, abortUnfinished, listUnfinished } from "./unfinished.ts";
import { listVersions, versionAt } from "./versions.ts";

/** What an S3 storage is made of. */
export interface S3StorageOptions {
  readonly label: string;
  readonly bucket: Bucket;
  /** Releases the connections. */
  readonly close: () => void;
}

/** The objects directly below a prefix of a bucket; or, with `asOf`, what they were then. */
export class S3Storage implements Storage {
  readonly label: string;
  readonly #bucket: Bucket;
  readonly #close: () => void;
  readonly #asOf: Date | undefined;
  readonly #unsettled: Unsettled = new Map();
  readonly #stop = new AbortController();
  #tidying: Promise<void> | undefined;
  #toldOfNoVersions = false;

  constructor({ label, bucket, close }: S3StorageOptions) {
    this.label = label;
    this.#bucket = bucket;
    this.#close = close;
    this.#asOf = bucket.options.asOf;
  }

  /** What keeps objects from being written over, as far as it is known by now. */
  get protection(): ProtectionState {
    return this.#bucket.protection.state;
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
    if (this.#asOf === undefined) return yield* listObjects(this.#bucket, prefix, signal);
    const ids = { count: 0, real: 0 };
    const seen = (id: string): void => {
      ids.count++;
      if (id !== "null") ids.real++;
    };
    for await (const { versionId: _, ...object } of listVersions(this.#bucket, prefix, this.#asOf, signal, seen)) yield object;
    if (ids.count > 0 && ids.real === 0) this.#tellOfNoVersions(this.#asOf);
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    checkName(name);
    if (this.#asOf !== undefined) {
      const found = await versionAt(this.#bucket, name, this.#asOf, signal);
      if (found === undefined) return undefined;
      const { versionId: _, ...object } = found;
      return object;
    }
    const found = await head(this.#bucket, name, signal);
    if (found === undefined) return undefined;
    const { ContentLength, LastModified, StorageClass, Restore } = found;
    return {
      name,
      size: ContentLength ?? 0,
      ...(LastModified && { modified: LastModified }),
      ...withRestore(archivedBy(StorageClass).archived, Restore),
    };
  }

  async *get(name: string, range?: ByteRange, signal?: AbortSignal): ByteStream {
    checkName(name);
    checkRange(range);
    signal?.throwIfAborted();
    const bucket = this.#bucket;
    if (this.#asOf === undefined) return yield* getObject({ bucket, name }, range, signal);
    const found = await versionAt(bucket, name, this.#asOf, signal);
    if (found === undefined) {
      const message = `cannot read ${name} in S3 bucket ${bucket.name}: it was not there at ${this.#asOf.toISOString()}`;
      throw new DoppelError("storage.not-found", message, { name });
    }
    yield* getObject({ bucket, name, versionId: found.versionId }, range, signal);
  }

  async put(name: string, body: Payload, signal?: AbortSignal): Promise<void> {
    checkName(name);
    this.#refuseInThePast("store", name);
    await putObject(this.#bucket, this.#unsettled, name, body, signal);
  }

  async delete(names: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const name of names) checkName(name);
    if (names[0] !== undefined) this.#refuseInThePast("delete", names[0]);
    await deleteObjects(this.#bucket, names, signal);
  }

  async thaw(names: readonly string[], options: ThawOptions, signal?: AbortSignal): Promise<void> {
    for (const name of names) checkName(name);
    await thawObjects(this.#bucket, names, options, signal);
  }

  unfinished(prefix: string, signal?: AbortSignal): AsyncIterable<UnfinishedObject> {
    return listUnfinished(this.#bucket, prefix, signal);
  }

  async abortUnfinished(uploads: readonly UnfinishedObject[], signal?: AbortSignal): Promise<void> {
    for (const { name } of uploads) checkName(name);
    if (uploads[0] !== undefined) this.#refuseInThePast("abort", uploads[0].name);
    await abortUnfinished(this.#bucket, uploads, signal);
  }

  /**
   * Aborts what crashed backups have left, beside everything else; ends with this storage at the latest. That it may not be
   * allowed, or fails, harms nobody.
   */
  tidyUp(told: (aborted: number) => void): Promise<void> {
    return (this.#tidying ??= abortStale(this.#bucket, this.#stop.signal).then(told, () => undefined));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the storage is closed"));
    await this.#tidying;
    this.#bucket.buffers.drain();
    this.#close();
  }

  #tellOfNoVersions(time: Date): void {
    if (this.#toldOfNoVersions) return;
    this.#toldOfNoVersions = true;
    this.#bucket.sender.notice(
      `S3 bucket ${this.#bucket.name} keeps no versions, as far as can be seen: what is there now and is not younger than ${time.toISOString()} is all that --as-of shows; what was written over or deleted since then is gone`,
    );
  }

  #refuseInThePast(operation: string, name: string): void {
    if (this.#asOf === undefined) return;
    const message = `cannot ${operation} ${name}: this is the bucket as it was at ${this.#asOf.toISOString()}; leave out --as-of`;
    throw new DoppelError("storage.denied", message, { operation, name });
  }
}

/** The header of a restored object is `ongoing-request="false", expiry-date="Fri, 21 Dec 2026 00:00:00 GMT"`. */
function withRestore(archived: Archived | undefined, restore: string | undefined): { readonly archived?: Archived } {
  if (archived === undefined) return {};
  if (restore === undefined) return { archived };
  if (restore.includes('ongoing-request="true"')) return { archived: { ...archived, thawing: true } };
  const until = /expiry-date="([^"]+)"/.exec(restore)?.[1];
  return { archived: until === undefined ? archived : { ...archived, thawedUntil: new Date(until) } };
}
