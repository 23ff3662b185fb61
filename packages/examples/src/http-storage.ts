/** A storage driver of one's own: objects in an HTTP service that creates with `PUT` and `If-None-Match: *`, and lists with `GET /?prefix=`. */
import { Readable } from "node:stream";
import { DoppelError } from "@doppel/engine";
import type { Storage, StoredObject } from "@doppel/storage";

const CODES = { 401: "storage.denied", 404: "storage.not-found", 412: "storage.exists" } as const;
type Call = Omit<RequestInit, "signal" | "headers"> & { signal?: AbortSignal | undefined; headers?: Record<string, string> };

/** @param base URL that names are put behind; ends with a slash */
export function httpStorage(base: string, token: string): Storage {
  async function call(method: string, name: string, accept: readonly number[], more: Call = {}): Promise<Response> {
    const operation = `${method} ${name}`;
    if (/^\.|[/\0]|^$/.test(name)) throw new DoppelError("storage.bad-name", `${base} has no such names`, { name });
    const { signal = null, headers, ...rest } = more;
    const all = { authorization: `Bearer ${token}`, ...headers };
    const response = await fetch(base + name, { ...rest, method, signal, headers: all }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new DoppelError("storage.unavailable", `${base} does not answer`, { operation }, error);
    });
    if (accept.includes(response.status)) return response;
    await response.body?.cancel();
    const message = `${base}: ${operation}: ${response.status} ${response.statusText}`;
    throw new DoppelError(CODES[response.status as 401] ?? "storage.unavailable", message, { name, operation });
  }
  return {
    label: base,
    async *list(prefix, signal) {
      const found = await call("GET", `?prefix=${encodeURIComponent(prefix)}`, [200], { signal });
      yield* (await found.json()) as StoredObject[];
    },
    async stat(name, signal) {
      const { status, headers } = await call("HEAD", name, [200, 404], { signal });
      return status === 404 ? undefined : { name, size: Number(headers.get("content-length")) };
    },
    async *get(name, range, signal) {
      const headers = range && { headers: { range: `bytes=${range.start}-${range.end - 1}` } };
      const { status, body } = await call("GET", name, [200, 206, 416], { ...headers, signal });
      if (status !== 416 && body) yield* body; // 416: the object ends before
    },
    async put(name, payload, signal) {
      const body = Readable.from(exactly(payload.size, payload.open(signal)));
      const headers = { "content-length": String(payload.size), "if-none-match": "*" };
      const request = { body: Readable.toWeb(body) as ReadableStream, headers, signal, duplex: "half" } as const;
      await call("PUT", name, [201], request).catch((error: unknown) => {
        throw (signal?.aborted ? undefined : body.errored) ?? error; // the payload's own, if it has one
      });
    },
    async delete(names, signal) {
      for (const name of names) await call("DELETE", name, [204, 404], { signal });
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function* exactly(size: number, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) if ((size -= chunk.length) >= 0) yield chunk;
  if (size !== 0) throw new RangeError("a payload has not as many bytes as it promised");
}
