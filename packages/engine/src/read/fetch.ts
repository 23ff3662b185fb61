import { DoppelError, isDoppelError } from "@doppel/base";
import type { Encoding, VolumeInfo } from "@doppel/format";
import type { ReadContext } from "./context.ts";
import { Spool } from "../seal/spool.ts";
import type { UnsealWorkers } from "../workers/unseal.ts";
import type { UnsealOptions } from "./unseal.ts";
import { type Volume, VolumeHere, VolumeInWorker } from "./volume.ts";

/** A fetched object of small or moderate size stays in memory; a volume usually does not. */
const SPOOL_MEMORY = 16 << 20;

/** How often an object is fetched that the storage finds damaged on its way. */
const TRIES = 3;

/**
 * Fetches an object whole, again when it arrives otherwise than it is stored: what is stored may well be sound.
 * Whoever receives the spool disposes of it. @throws storage.*
 */
export async function fetchObject(
  name: string,
  context: Pick<ReadContext, "deps" | "runtime">,
  memoryLimit = SPOOL_MEMORY,
): Promise<Spool> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(name, context, memoryLimit);
    } catch (error) {
      if (!isDoppelError(error, "storage.corrupt") || attempt >= TRIES) throw error;
      context.runtime.emit({ type: "retry", operation: `read ${name}`, attempt, detail: error.message });
    }
  }
}

async function fetchOnce(
  name: string,
  { deps, runtime }: Pick<ReadContext, "deps" | "runtime">,
  memoryLimit: number,
): Promise<Spool> {
  const spool = new Spool({ tempDir: deps.tempDir, memoryLimit, random: runtime.random, maker: runtime.maker });
  try {
    for await (const chunk of deps.storage.get(name, undefined, runtime.signal)) await spool.append(chunk);
    return spool;
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Fetches a volume, compares its hashes with the manifest before a byte is decrypted, and then its own checksum before
 * anything is released. @throws volume.missing, volume.hash-mismatch, volume.damaged
 * @param memoryLimit bytes of it that may stay in memory, unless a worker takes it: they share files
 * @param workers the work is done in this thread without, and when all are busy
 */
export async function fetchVolume(
  info: VolumeInfo,
  context: ReadContext,
  unsealing: UnsealOptions,
  memoryLimit: number,
  workers?: UnsealWorkers,
): Promise<Volume> {
  const { name } = unsealing;
  // The strongest one suffices: nobody can make a volume that has it and not the others.
  const algorithm = ["SHA256", "SHA1", "MD5"].find((candidate) => info.hashes.has(candidate));
  const digest = info.hashes.get(algorithm ?? "");
  if (algorithm === undefined || digest === undefined) throw damaged(name, "its manifest holds no hash of it that is known here");
  const volume = await fetchUnchecked(context, unsealing, memoryLimit, workers);
  try {
    const actual = await volume.digest(algorithm.toLowerCase());
    if (actual !== digest.toLowerCase()) {
      const message = `${name} is not what the manifest says: ${algorithm} is ${actual}, expected ${digest}; nothing of it was used. Fetch it again or restore another backup`;
      throw new DoppelError("volume.hash-mismatch", message, { name, expected: digest, actual });
    }
    await volume.authenticate();
    return volume;
  } catch (error) {
    await volume[Symbol.asyncDispose]();
    throw error;
  }
}

async function fetchUnchecked(
  context: ReadContext,
  unsealing: UnsealOptions,
  memoryLimit: number,
  workers: UnsealWorkers | undefined,
): Promise<Volume> {
  // A verifier holds keys that cannot be sent to another thread.
  const worker = unsealing.verifier ? undefined : workers?.take();
  const { storage } = context.deps;
  let spool: Spool | undefined;
  try {
    if (worker && workers && storage.open) {
      // Not copied: new pages for a copy cost more than all that is done with it (measured: 1.5 CPU s for 550 MB).
      const file = await storage.open(unsealing.name, unsealing.signal);
      return new VolumeInWorker(file, file.fd, unsealing, workers, worker);
    }
    spool = await fetchObject(unsealing.name, context, worker ? 0 : memoryLimit);
    if (!worker || !workers) return new VolumeHere(spool, unsealing);
    return new VolumeInWorker(spool, await spool.descriptor(), unsealing, workers, worker);
  } catch (error) {
    await spool?.[Symbol.asyncDispose]();
    if (worker) await workers?.release(worker);
    throw isDoppelError(error, "storage.not-found") ? missing(unsealing.name, error) : error;
  }
}

export function missing(name: string, cause?: unknown): DoppelError {
  const message = `${name} is missing at the target, though the manifest names it; look for it in another copy of the backup, or restore another set with --time`;
  return new DoppelError("volume.missing", message, { name }, cause);
}

function damaged(name: string, reason: string): DoppelError {
  return new DoppelError("volume.damaged", `${name} cannot be checked: ${reason}; restore another backup with --time`, {
    name,
    reason,
  });
}

/** The encoding that an object's own name tells. */
export function encodingOf(name: string): Encoding {
  return /\.(gpg|g)$/.test(name) ? "gpg" : /\.(gz|z)$/.test(name) ? "gzip" : "plain";
}
