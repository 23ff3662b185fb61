import { createBLAKE2b, createMD4, type IHasher } from "hash-wasm";
import type { FormatRow } from "./formats.ts";
import { loadMd4Lanes, type Md4Lanes } from "./md4-lanes.ts";

export interface StrongSum {
  /** Bytes of a whole digest: 16 of MD4, 32 of BLAKE2b. */
  readonly length: number;
  /** The whole digest of `bytes[start..end)`. It is the caller's. */
  one(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /** The whole digests, one after the other, of `count` blocks, likewise from `start`. The next call overwrites them. */
  many(bytes: Uint8Array, start: number, blockLength: number, count: number): Uint8Array;
}

/** What `many` is asked for at most. */
export const BATCH = 64;

export type StrongSums = Readonly<Record<FormatRow["strong"], StrongSum>>;

/** BLAKE2b as librsync has it: 32 bytes, no key. */
const BLAKE2_BITS = 256;

/** Compiles the hash functions. One set serves any number of users in a thread: a sum is made in one synchronous call. */
export async function loadStrongSums(): Promise<StrongSums> {
  const [md4, lanes, blake2] = await Promise.all([createMD4(), loadMd4Lanes(), createBLAKE2b(BLAKE2_BITS)]);
  return { md4: sumWith(md4, lanes), blake2: sumWith(blake2) };
}

function sumWith(hasher: IHasher, lanes?: Md4Lanes): StrongSum {
  const length = hasher.digestSize;
  const digests = new Uint8Array(BATCH * length);
  const one: StrongSum["one"] = (bytes, start, end) => hasher.init().update(bytes.subarray(start, end)).digest("binary");
  const many: StrongSum["many"] = (bytes, start, blockLength, count) => {
    let done = lanes?.digests(bytes, start, blockLength, count, digests) ?? 0;
    for (; done < count; done++) {
      const at = start + done * blockLength;
      digests.set(one(bytes, at, at + blockLength), done * length);
    }
    return digests;
  };
  return { length, one, many };
}
