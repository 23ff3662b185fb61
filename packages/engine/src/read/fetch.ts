import { createHash } from "node:crypto";
import { DoppelError, isDoppelError } from "@doppel/base";
import type { Encoding, VolumeInfo } from "@doppel/format";
import type { ReadContext } from "./context.ts";
import { Spool } from "../seal/spool.ts";
import { authenticate, type UnsealOptions } from "./unseal.ts";

/** A fetched object of small or moderate size stays in memory; a volume usually does not. */
const SPOOL_MEMORY = 16 << 20;

/** Fetches an object whole. Whoever receives the spool disposes of it. */
export async function fetchObject(
  name: string,
  { deps, runtime }: Pick<ReadContext, "deps" | "runtime">,
  memoryLimit = SPOOL_MEMORY,
  tap?: (chunk: Uint8Array) => void,
): Promise<Spool> {
  const spool = new Spool({ tempDir: deps.tempDir, memoryLimit, random: runtime.random });
  try {
    for await (const chunk of deps.storage.get(name, undefined, runtime.signal)) {
      tap?.(chunk);
      await spool.append(chunk);
    }
    return spool;
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Fetches a volume, compares its hashes with the manifest before a byte is decrypted, and then its own checksum before
 * anything is released. @throws volume.missing, volume.hash-mismatch, volume.damaged
 */
export async function fetchVolume(
  info: VolumeInfo,
  context: ReadContext,
  unsealing: UnsealOptions,
  memoryLimit: number,
): Promise<Spool> {
  const { name } = unsealing;
  // The strongest one suffices: nobody can make a volume that has it and not the others.
  const algorithm = ["SHA256", "SHA1", "MD5"].find((candidate) => info.hashes.has(candidate));
  const digest = info.hashes.get(algorithm ?? "");
  if (algorithm === undefined || digest === undefined) throw damaged(name, "its manifest holds no hash of it that is known here");
  const hash = createHash(algorithm.toLowerCase());
  let spool: Spool;
  try {
    spool = await fetchObject(name, context, memoryLimit, (chunk) => {
      hash.update(chunk);
    });
  } catch (error) {
    if (isDoppelError(error, "storage.not-found")) throw missing(name, error);
    throw error;
  }
  try {
    const actual = hash.digest("hex");
    if (actual !== digest.toLowerCase()) {
      const message = `${name} is not what the manifest says: ${algorithm} is ${actual}, expected ${digest}; nothing of it was used. Fetch it again or restore another backup`;
      throw new DoppelError("volume.hash-mismatch", message, { name, expected: digest, actual });
    }
    await authenticate(spool, unsealing);
    return spool;
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw error;
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
