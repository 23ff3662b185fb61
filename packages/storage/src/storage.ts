import type { ByteStream, Payload, Runtime } from "@doppel/base";
import type { S3Options } from "./s3/options.ts";

/** One complete object at the target. */
export interface StoredObject {
  /** Flat: no slash, does not start with a dot. A driver may map it below a prefix of its own. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When it was stored, if the target tells. */
  readonly modified?: Date;
  /** It lies in an archive and cannot be read as it is. */
  readonly archived?: Archived;
}

/** What keeps an object from being read, and whether that is being mended. A listing knows only the class; `stat` knows all. */
export interface Archived {
  /** The target's word for the archive. */
  readonly class: string;
  /** A copy has been asked for and is not ready yet. */
  readonly thawing?: boolean;
  /** A copy is there, and can be read, until then. */
  readonly thawedUntil?: Date;
}

/** An object whose storing has begun and not ended: no listing shows it, and its parts may have to be paid for. */
export interface UnfinishedObject {
  /** That it is to have. */
  readonly name: string;
  /** When, by the target's clock. */
  readonly begun: Date;
  /** The target's handle: several may have been begun for one name. */
  readonly id: string;
}

/** How fast archived objects are wanted, and for how long. */
export interface ThawOptions {
  /** In the words of S3: hours, a day, minutes. */
  readonly tier: "standard" | "bulk" | "expedited";
  /** Days for which the copy is kept. */
  readonly days: number;
}

/** Bytes `start` up to, not including, `end`; `end` may lie beyond the end of the object. */
export interface ByteRange {
  /** First byte. */
  readonly start: number;
  /** Byte behind the last. */
  readonly end: number;
}

/** An object that is a file of this machine. Disposing closes it. */
export interface OpenObject extends Payload, AsyncDisposable {
  /** Readable at any place until disposal; threads share descriptors. */
  readonly fd: number;
}

/**
 * An object that grows where it will be stored. Nothing of it can be seen before it is published, and nothing is left when it is
 * disposed of before that. Calls are not concurrent. Once one has failed nothing but disposing is left: bytes are on their way while
 * the next ones are taken, so that a failure may be that of an earlier `append`.
 */
export interface StagedObject extends AsyncDisposable {
  /** Appends `bytes`, which are the caller's again once this resolves. */
  append(bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Creates the object, as `put` does. @throws storage.exists when the name is taken, and then the object there is untouched */
  publish(signal?: AbortSignal): Promise<void>;
}

/**
 * A backup target. Objects are immutable: they are created whole, read, and deleted; nothing replaces one.
 *
 * Every method rejects with a `storage.*` DoppelError that the driver has classified, with the reason of `signal` after
 * an abort, and with the payload's own error when a payload fails. `storage.unavailable` means that the same call may
 * succeed later *and is safe to repeat*: a put has stored nothing. A driver that cannot know (a lost answer) looks before
 * it speaks.
 */
export interface Storage extends AsyncDisposable {
  /** The URL without secrets, for people. */
  readonly label: string;
  /** Complete objects whose names start with `prefix`, in no particular order, in bounded memory. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject>;
  /** The object, or undefined when there is none. */
  stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined>;
  /**
   * The object's bytes, or those of `range`. Nothing happens before the first pull; leaving the loop early releases everything.
   * @throws storage.not-found (at the first pull)
   */
  get(name: string, range?: ByteRange, signal?: AbortSignal): ByteStream;
  /**
   * The object as an open file, which need not be copied to be read twice. Only where objects are files of this machine.
   * @throws storage.not-found
   */
  open?(name: string, signal?: AbortSignal): Promise<OpenObject>;
  /**
   * Creates the object; it is durable when this resolves, and nothing of it can be seen when it rejects.
   * @throws storage.exists when the name is taken, and then the object there is untouched
   * @throws RangeError when the payload yields other than `body.size` bytes
   */
  put(name: string, body: Payload, signal?: AbortSignal): Promise<void>;
  /**
   * Begins an object whose size is not known yet, so that its bytes need not be written twice. Only where objects can grow: elsewhere
   * they are spooled and put.
   */
  stage?(name: string, signal?: AbortSignal): Promise<StagedObject>;
  /** Removes the objects; a name that is not there is no error. Not atomic over several names. */
  delete(names: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Asks for readable copies of archived objects; `stat` tells when they are there, hours later. Names whose copy is there or
   * under way, and names that are not archived, are no error. Only where the target has archives.
   */
  thaw?(names: readonly string[], options: ThawOptions, signal?: AbortSignal): Promise<void>;
  /** What crashed writers have left, and what others are storing now: only `begun` tells the two apart. Only where there is such a thing. */
  unfinished?(prefix: string, signal?: AbortSignal): AsyncIterable<UnfinishedObject>;
  /** Gives these up, so that they can no longer be finished; one that is not there any more is no error. Where `unfinished` is. */
  abortUnfinished?(uploads: readonly UnfinishedObject[], signal?: AbortSignal): Promise<void>;
}

/** What a driver is given by its caller. */
export interface DriverContext {
  /** Absolute path against which relative targets are read. */
  readonly cwd: string;
  /** Only `write` may create the target itself (directories). */
  readonly purpose: "read" | "write";
  /** A generator for names and for waits. */
  readonly random: { bytes(n: number): Uint8Array };
  /** Marks what is unfinished, for drivers that write it to files; with `write` they remove what those who are gone have left. */
  readonly maker?: Runtime["maker"];
  /** For drivers that wait, or compare times. */
  readonly clock?: Runtime["clock"];
  /** Told how a target is understood, and of requests that are tried again. */
  readonly emit?: Runtime["emit"];
  /** Where proxies, certificates and regions are looked up; credentials are looked up by the driver's own library. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the URL of an S3 target does not say. */
  readonly s3?: S3Options;
}

/** One kind of target. */
export interface StorageDriver {
  /** In lower case, without the colon. */
  readonly schemes: readonly string[];
  /** @throws storage.bad-url, storage.not-found, storage.denied, storage.unavailable */
  open(url: string, context: DriverContext): Promise<Storage>;
}
