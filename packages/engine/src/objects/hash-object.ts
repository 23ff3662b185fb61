import { createHash } from "node:crypto";
import type { Storage } from "@doppel/storage";
import { encodingOf } from "../read/fetch.ts";
import type { UnsealWorkers } from "../workers/unseal.ts";

export interface HashedObject {
  /** Of what was read, bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly digest: string;
}

/**
 * Reads an object to its end, in another thread where one is free and the object is a file of this machine.
 * @param algorithm as node:crypto names it. @throws storage.*
 */
export async function hashObject(
  name: string,
  algorithm: string,
  storage: Storage,
  signal: AbortSignal,
  workers?: UnsealWorkers,
): Promise<HashedObject> {
  const worker = storage.open && workers?.take();
  if (worker && workers && storage.open) {
    try {
      await using file = await storage.open(name, signal);
      const { fd, size } = file;
      return { size, digest: await worker.digest({ fd, size, name, encoding: encodingOf(name) }, algorithm) };
    } finally {
      await workers.release(worker);
    }
  }
  const hash = createHash(algorithm);
  let size = 0;
  for await (const chunk of storage.get(name, undefined, signal)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, digest: hash.digest("hex") };
}
