/** What a bucket holds. Everything here is synchronous: that is what makes conditional writes atomic. */
import type { Checksum, ChecksumAlgorithm, ChecksumType } from "./checksums.ts";
import { type Content, zeroContent } from "./content.ts";
import type { SyntheticObjects } from "./types.ts";

/** Headers that come back with the object: content type, metadata, encryption, storage class. Lower case. */
export type Attributes = Readonly<Record<string, string>>;

/** One version of an object, or a delete marker. */
export interface ObjectVersion {
  readonly key: string;
  /** "null" in buckets that are not versioned. */
  readonly versionId: string;
  readonly modified: Date;
  readonly deleteMarker: boolean;
  readonly content: Content;
  /** With its quotes. */
  readonly etag: string;
  readonly attributes: Attributes;
  /** Undefined until somebody asks, when nobody stated one. */
  readonly checksum: Checksum | undefined;
  /** S3's name; GLACIER and DEEP_ARCHIVE are not readable before they are restored. */
  storageClass: string;
  restore: { readonly state: "ongoing" } | { readonly state: "restored"; readonly until: Date } | undefined;
  /** Replaced or removed: no request sees it any more. */
  gone: boolean;
}

export interface Part {
  readonly content: Content;
  readonly md5: string;
  readonly checksum: string | undefined;
  readonly modified: Date;
}

export interface Upload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
  readonly initiator: string;
  readonly attributes: Attributes;
  readonly storageClass: string;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType } | undefined;
  readonly parts: Map<number, Part>;
}

export type NewObject = Pick<ObjectVersion, "key" | "content" | "etag" | "attributes" | "checksum" | "storageClass">;

export class Bucket {
  readonly name: string;
  readonly uploads = new Map<string, Upload>();
  versioning: "Enabled" | "Suspended" | undefined;
  synthetic: SyntheticObjects | undefined;
  readonly #history = new Map<string, ObjectVersion[]>();
  /** Keys ever used, in UTF-8 byte order. */
  readonly #keys: string[] = [];
  #serial = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Every version there ever was, oldest first. */
  history(key: string): readonly ObjectVersion[] {
    return this.#history.get(key) ?? [];
  }

  /** The current version; undefined when there is none or it is a delete marker. */
  current(key: string): ObjectVersion | undefined {
    const last = this.latest(key);
    return last?.deleteMarker === true ? undefined : last;
  }

  /** The current version or delete marker. */
  latest(key: string): ObjectVersion | undefined {
    return this.history(key).findLast(({ gone }) => !gone) ?? this.#computed(key);
  }

  version(key: string, versionId: string): ObjectVersion | undefined {
    return this.history(key).find((version) => !version.gone && version.versionId === versionId);
  }

  /** Stores a new current version. In a bucket without versioning it replaces what was there. */
  add(object: NewObject, now: Date): ObjectVersion {
    return this.#push({ ...object, deleteMarker: false }, now);
  }

  /** As DeleteObject without a version does. */
  remove(key: string, now: Date): ObjectVersion | undefined {
    if (this.versioning === undefined) {
      for (const version of this.history(key)) version.gone = true;
      return undefined;
    }
    const nothing = { content: zeroContent(0), etag: "", attributes: {}, checksum: undefined, storageClass: "STANDARD" };
    return this.#push({ ...nothing, key, deleteMarker: true }, now);
  }

  /** Those of the keys after `after` (from the first, when undefined) that start with `prefix`, in UTF-8 byte order. */
  *keys(prefix: string, after: string | undefined): Iterable<string> {
    const { synthetic } = this;
    const [count, keyAt] = synthetic
      ? [synthetic.count, (index: number) => synthetic.keyAt(index)]
      : [this.#keys.length, (index: number) => this.#keys[index]!];
    const from = after !== undefined && compareKeys(after, prefix) > 0 ? after : prefix;
    let index = lowerBound(count, (at) => compareKeys(keyAt(at), from) < 0);
    for (; index < count; index++) {
      const key = keyAt(index);
      if (!key.startsWith(prefix)) return;
      if (key !== after) yield key;
    }
  }

  #push(object: NewObject & { readonly deleteMarker: boolean }, now: Date): ObjectVersion {
    const versions = this.#history.get(object.key) ?? [];
    if (versions.length === 0) {
      this.#keys.splice(
        lowerBound(this.#keys.length, (at) => compareKeys(this.#keys[at]!, object.key) < 0),
        0,
        object.key,
      );
      this.#history.set(object.key, versions);
    }
    if (this.versioning !== "Enabled") {
      for (const version of versions) if (this.versioning === undefined || version.versionId === "null") version.gone = true;
    }
    const versionId = this.versioning === "Enabled" ? `v${String(++this.#serial).padStart(8, "0")}.testkit` : "null";
    const version: ObjectVersion = { ...object, versionId, modified: now, restore: undefined, gone: false };
    versions.push(version);
    return version;
  }

  #computed(key: string): ObjectVersion | undefined {
    const { synthetic } = this;
    if (synthetic === undefined) return undefined;
    const index = lowerBound(synthetic.count, (at) => compareKeys(synthetic.keyAt(at), key) < 0);
    return index < synthetic.count && synthetic.keyAt(index) === key ? computedObject(synthetic, index) : undefined;
  }
}

/** The order of listings: by UTF-8 bytes, which is not JavaScript's order beyond U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x !== y) return rankOf(x) - rankOf(y);
  }
  return a.length - b.length;
}

/** Halves of what lies beyond U+FFFF come after everything else. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function computedObject(synthetic: SyntheticObjects, index: number): ObjectVersion {
  const bytes = synthetic.bytesAt?.(index);
  const content: Content = bytes
    ? { size: bytes.length, slices: (start, end) => [bytes.subarray(start, end)] }
    : zeroContent(synthetic.sizeAt?.(index) ?? 0);
  return {
    key: synthetic.keyAt(index),
    versionId: "null",
    modified: new Date(Date.UTC(2026, 0, 1)),
    deleteMarker: false,
    content,
    etag: `"${index.toString(16).padStart(32, "0")}"`,
    attributes: {},
    checksum: undefined,
    storageClass: "STANDARD",
    restore: undefined,
    gone: false,
  };
}

/** The first index at which `before` no longer holds. */
function lowerBound(count: number, before: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
