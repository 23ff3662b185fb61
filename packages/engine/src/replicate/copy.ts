import { createHash } from "node:crypto";
import { type ByteStream, DoppelError, isDoppelError, type Payload } from "@doppel/base";
import type { VolumeInfo } from "@doppel/format";
import type { Storage } from "@doppel/storage";

/** What an object has to be like. */
export interface Expected {
  readonly name: string;
  /** As the source lists it. */
  readonly size: number;
  /** Algorithm to hex, from the manifest; what is not known here is not checked. */
  readonly hashes?: VolumeInfo["hashes"];
}

const ALGORITHMS = ["SHA256", "SHA1", "MD5"] as const;

/** Whether the manifest tells enough to check a volume's content. */
export function canCheck({ hashes }: VolumeInfo): boolean {
  return strongest(hashes) !== undefined;
}

/** The best hash that can be computed here, in lower case; undefined when there is none. */
export function strongest(
  hashes: VolumeInfo["hashes"] | undefined,
): { readonly algorithm: string; readonly digest: string } | undefined {
  const algorithm = ALGORITHMS.find((candidate) => hashes?.has(candidate));
  return algorithm && { algorithm, digest: hashes!.get(algorithm)!.toLowerCase() };
}

/**
 * An object of `source` on its way to another storage. Its last bytes are held back until all hashes are known to be right,
 * so that whoever stores it can never complete a damaged one.
 *
 * @throws volume.missing, volume.damaged, volume.hash-mismatch, from `open`
 */
export function checkedCopy(expected: Expected, source: Storage, signal: AbortSignal): Payload {
  return { size: expected.size, open: (own) => checked(expected, source, own ?? signal) };
}

async function* checked({ name, size, hashes }: Expected, source: Storage, signal: AbortSignal): ByteStream {
  const digests = ALGORITHMS.flatMap((algorithm) => {
    const digest = hashes?.get(algorithm)?.toLowerCase();
    return digest === undefined ? [] : [{ algorithm, digest, hash: createHash(algorithm.toLowerCase()) }];
  });
  let length = 0;
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of source.get(name, undefined, signal)) {
      if (chunk.length === 0) continue;
      for (const { hash } of digests) hash.update(chunk);
      length += chunk.length;
      if (length > size) break;
      if (held !== undefined) yield held;
      held = chunk;
    }
  } catch (error) {
    if (!isDoppelError(error, "storage.not-found")) throw error;
    const message = `${name} vanished from ${source.label} while it was to be copied; its set was not completed at the other target`;
    throw new DoppelError("volume.missing", message, { name }, error);
  }
  if (length !== size) {
    const reason = `it is listed with ${size} bytes but has ${length > size ? "more" : `only ${length}`}`;
    throw new DoppelError("volume.damaged", `${name} at ${source.label} was not copied: ${reason}; ${NEXT}`, { name, reason });
  }
  for (const { algorithm, digest, hash } of digests) {
    const actual = hash.digest("hex");
    if (actual === digest) continue;
    const message = `${name} at ${source.label} was not copied: it is not what the manifest says, ${algorithm} is ${actual}, expected ${digest}; ${NEXT}`;
    throw new DoppelError("volume.hash-mismatch", message, { name, expected: digest, actual });
  }
  if (held !== undefined) yield held;
}

const NEXT = "put a sound copy in its place and replicate again";
