import type { ByteStream, Payload } from "@doppel/base";

/** One complete object at the target. */
export interface StoredObject {
  /** Flat: no slash, does not start with a dot. A driver may map it below a prefix of its own. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When it was stored, if the target tells. */
  readonly modified?: Date;
}

/** Bytes `start` up to, not including, `end`; `end` may lie beyond the end of the object. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
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
   * Creates the object; it is durable when this resolves, and nothing of it can be seen when it rejects.
   * @throws storage.exists when the name is taken, and then the object there is untouched
   * @throws RangeError when the payload yields other than `body.size` bytes
   */
  put(name: string, body: Payload, signal?: AbortSignal): Promise<void>;
  /** Removes the objects; a name that is not there is no error. Not atomic over several names. */
  delete(names: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** What a driver is given by its caller. */
export interface DriverContext {
  /** Absolute path against which relative targets are read. */
  readonly cwd: string;
  /** Only `write` may create the target itself (directories). */
  readonly purpose: "read" | "write";
  readonly random: { bytes(n: number): Uint8Array };
}

/** One kind of target. */
export interface StorageDriver {
  /** In lower case, without the colon. */
  readonly schemes: readonly string[];
  /** @throws storage.bad-url, storage.not-found, storage.denied, storage.unavailable */
  open(url: string, context: DriverContext): Promise<Storage>;
}
