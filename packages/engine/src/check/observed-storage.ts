import { createHash } from "node:crypto";
import type { ByteStream } from "@doppel/base";
import type { Storage } from "@doppel/storage";

/** An object that is watched while it is read. Disposing ends that. */
export interface Watched extends Disposable {
  /** SHA-256 of its last reading from end to end, in lower-case hex; undefined while there was none. */
  digest(): string | undefined;
}

/** A target that is only read, and remembers what its readers pass over. */
export interface ObservedStorage {
  readonly storage: Storage;
  /** Hashes the object of that name whenever it is read whole. Once at a time. */
  watch(name: string): Watched;
  /** When the object was stored, in ms, if the target told it in a listing. */
  modified(name: string): number | undefined;
}

/** Whatever reads through `storage` reads once, and its bytes are hashed on the way. Disposing of it is left to the caller of `inner`. */
export function observe(inner: Storage): ObservedStorage {
  const digests = new Map<string, string | undefined>();
  const times = new Map<string, number>();
  async function* hashed(name: string, signal?: AbortSignal): ByteStream {
    const hash = createHash("sha256");
    for await (const chunk of inner.get(name, undefined, signal)) {
      hash.update(chunk); // before whoever receives it may change it
      yield chunk;
    }
    if (digests.has(name)) digests.set(name, hash.digest("hex"));
  }
  const storage: Storage = {
    label: inner.label,
    async *list(prefix, signal) {
      for await (const object of inner.list(prefix, signal)) {
        if (object.modified) times.set(object.name, object.modified.getTime());
        yield object;
      }
    },
    stat: (name, signal) => inner.stat(name, signal),
    get: (name, range, signal) =>
      range === undefined && digests.has(name) ? hashed(name, signal) : inner.get(name, range, signal),
    ...(inner.open && { open: inner.open.bind(inner) }),
    put: (name, body, signal) => inner.put(name, body, signal),
    delete: (names, signal) => inner.delete(names, signal),
    ...(inner.thaw && { thaw: inner.thaw.bind(inner) }),
    async [Symbol.asyncDispose]() {},
  };
  return {
    storage,
    watch(name) {
      digests.set(name, undefined);
      return { digest: () => digests.get(name), [Symbol.dispose]: () => void digests.delete(name) };
    },
    modified: (name) => times.get(name),
  };
}
