import { type ByteStream, collectBytes, DoppelError, type Payload } from "@doppel/base";
import type { ByteRange, Storage, StoredObject } from "@doppel/storage";

/** A storage in memory that keeps the whole contract. `objects` may be looked at and changed by the test. */
export class MemoryStorage implements Storage {
  readonly label = "memory";
  readonly objects = new Map<string, Uint8Array>();

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
    signal?.throwIfAborted();
    for (const [name, bytes] of this.objects) if (name.startsWith(prefix)) yield { name, size: bytes.length };
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    checkName(name);
    signal?.throwIfAborted();
    const bytes = this.objects.get(name);
    return bytes && { name, size: bytes.length };
  }

  async *get(name: string, range?: ByteRange, signal?: AbortSignal): ByteStream {
    checkName(name);
    signal?.throwIfAborted();
    const bytes = this.objects.get(name);
    if (bytes === undefined) throw new DoppelError("storage.not-found", `${name} is not in memory.`, { name });
    const part = bytes.subarray(range?.start, range?.end);
    // Several chunks, as from a real target; copies, because the receiver owns them.
    for (let at = 0; at < part.length; at += 65_536) yield part.slice(at, at + 65_536);
  }

  async put(name: string, body: Payload, signal?: AbortSignal): Promise<void> {
    checkName(name);
    signal?.throwIfAborted();
    const bytes = await collectBytes(body.open(signal), body.size);
    signal?.throwIfAborted();
    if (bytes.length !== body.size) throw new RangeError(`payload of ${body.size} bytes yielded ${bytes.length}`);
    if (this.objects.has(name)) throw new DoppelError("storage.exists", `${name} is in memory already.`, { name });
    this.objects.set(name, bytes);
  }

  async delete(names: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const name of names) checkName(name);
    signal?.throwIfAborted();
    for (const name of names) this.objects.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function checkName(name: string): void {
  if (!/^[^./\0][^/\0]*$/.test(name)) throw new DoppelError("storage.bad-name", `${JSON.stringify(name)} is not flat.`, { name });
}
