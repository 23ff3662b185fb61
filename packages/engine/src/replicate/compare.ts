import { createHash } from "node:crypto";
import { DoppelError } from "@doppel/base";
import type { VolumeInfo } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { strongest } from "./copy.ts";

export interface Compared {
  readonly name: string;
  /** From the manifest: then the source's own need not be read. */
  readonly hashes?: VolumeInfo["hashes"];
}

/**
 * Reads an object that is at the other target already, and compares it with its hash in the manifest, or with the source's
 * by reading both.
 * @throws volume.hash-mismatch, volume.damaged naming it; what either storage throws
 */
export async function compareObject({ name, hashes }: Compared, from: Storage, to: Storage, signal: AbortSignal): Promise<void> {
  const known = strongest(hashes);
  if (known) {
    const actual = await digestOf(to, name, known.algorithm, signal);
    if (actual === known.digest) return;
    const message = `${name} at ${to.label} is not what the manifest says, ${known.algorithm} is ${actual}, expected ${known.digest}; nothing was replaced: delete it there, and replicate again`;
    throw new DoppelError("volume.hash-mismatch", message, { name, expected: known.digest, actual });
  }
  const [ours, theirs] = await Promise.all([from, to].map((storage) => digestOf(storage, name, "SHA256", signal)));
  if (ours === theirs) return;
  const reason = "it differs from the source's";
  const message = `${name} at ${to.label} differs from that at ${from.label}; nothing was replaced: find out which of them is sound (doppel verify), delete the other one, and replicate again`;
  throw new DoppelError("volume.damaged", message, { name, reason });
}

async function digestOf(storage: Storage, name: string, algorithm: string, signal: AbortSignal): Promise<string> {
  const hash = createHash(algorithm.toLowerCase());
  for await (const chunk of storage.get(name, undefined, signal)) hash.update(chunk);
  return hash.digest("hex");
}
