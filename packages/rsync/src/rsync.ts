import { type DeltaEncoder, encodeDelta } from "./delta-encoder.ts";
import { buildSignature, type SignatureBuilder, type SignatureOptions, writeSignature } from "./signature-builder.ts";
import type { SignatureTable } from "./signature-table.ts";
import { loadRollsumLanes } from "./rollsum-lanes.ts";
import { loadStrongSums } from "./strong-sum.ts";

/** What needs the compiled hash functions. Everything in it is synchronous; any number of builders and encoders may live at once. */
export interface Rsync {
  /** @throws RangeError for lengths the format cannot express. */
  signature(options: SignatureOptions): SignatureBuilder;
  /** The whole signature of `bytes` to the start of `out`; returns its length. @throws RangeError likewise, or when it does not fit. */
  writeSignature(bytes: Uint8Array, options: SignatureOptions, out: Uint8Array): number;
  /** The delta from the file that `signature` describes to the bytes that the encoder is fed. */
  delta(signature: SignatureTable): DeltaEncoder;
}

/** Compiles the hash functions: once for each thread. */
export async function loadRsync(): Promise<Rsync> {
  const [strongSums, rollsums] = await Promise.all([loadStrongSums(), loadRollsumLanes()]);
  return {
    signature: (options) => buildSignature(options, strongSums, rollsums),
    writeSignature: (bytes, options, out) => writeSignature(bytes, options, out, strongSums, rollsums),
    delta: (signature) => encodeDelta(signature, strongSums),
  };
}
