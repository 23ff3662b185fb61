import type { SignatureFormat } from "../formats.ts";
import type { Rsync } from "../rsync.ts";
import { parseSignature } from "../signature-parser.ts";
import { SearchWindow } from "../search-window.ts";
import { mutateDelta, mutateSignature } from "./hostile.ts";
import type { Seeded } from "./inputs.ts";
import type { Rdiff } from "./rdiff.ts";
import { deltaOf, orRefused, patched, signatureOf, windowedDeltaOf } from "./run.ts";

/** The same input to us and to rdiff. Each comparison throws when they differ, and takes its input from the seed. */
export interface Sides {
  readonly rsync: Rsync;
  readonly rdiff: Rdiff;
}

const MAX_STRONG: Readonly<Record<SignatureFormat, number>> = {
  md4: 16,
  blake2: 32,
  "rabinkarp-md4": 16,
  "rabinkarp-blake2": 32,
};
export const FORMATS = Object.keys(MAX_STRONG) as SignatureFormat[];

/** Our signature is rdiff's, byte for byte. */
export function compareSignatures({ rsync, rdiff }: Sides, seeded: Seeded, format: SignatureFormat): void {
  const blockLength = seeded.pick([1, 13, 64, 512, 700, 2048]);
  const border = seeded.pick([0, 1, 3, 4, 7, 70]) * blockLength;
  const bytes = seeded.bytes(Math.max(0, border + seeded.pick([-1, 0, 1, 5])));
  const strongLength = 1 + seeded.below(MAX_STRONG[format]);
  const ours = signatureOf(rsync, { blockLength, strongLength, format }, ...seeded.cut(bytes, 3 * blockLength));
  const theirs = got(rdiff.signature(bytes, format, blockLength, strongLength));
  same(ours, theirs, `signature of ${bytes.length} bytes, block length ${blockLength}, strong length ${strongLength}`);
}

/** rdiff applies our delta, we apply rdiff's, both are right, and ours is at most 1 % longer. */
export function compareDeltas({ rsync, rdiff }: Sides, seeded: Seeded, format: SignatureFormat): void {
  const basis = seeded.bytes(seeded.below(60_000), seeded.pick([1, 2, 256, 256]));
  const file = seeded.edit(basis, seeded.below(6), 5000);
  const blockLength = seeded.pick([16, 100, 512, 700, 2048]);
  const signature = got(rdiff.signature(basis, format, blockLength, seeded.pick([8, MAX_STRONG[format]])));
  const theirs = got(rdiff.delta(signature, file));
  const ours = deltaOf(rsync, parseSignature(signature), ...seeded.cut(file, 10_000));
  same(got(rdiff.patch(basis, ours)), file, "our delta, applied by rdiff");
  same(patched(basis, ...seeded.cut(theirs, 500)), file, "rdiff's delta, applied by us");
  if (ours.length > theirs.length * 1.01 + 16) throw new Error(`our delta has ${ours.length} bytes, rdiff's ${theirs.length}`);
}

/** A delta against a signature longer than the window makes the same file of rdiff. */
export function compareWindowedDeltas({ rsync, rdiff }: Sides, seeded: Seeded, format: SignatureFormat): void {
  const basis = seeded.bytes(10_000 + seeded.below(50_000), seeded.pick([1, 2, 256, 256]));
  const file = seeded.edit(basis, seeded.below(6), seeded.pick([500, 20_000]));
  const options = { blockLength: seeded.pick([16, 100, 512]), strongLength: seeded.pick([8, MAX_STRONG[format]]), format };
  const signature = seeded.cut(signatureOf(rsync, options, basis), 1000);
  const windowed = { window: new SearchWindow(seeded.below(5000)), signature, ...(seeded.below(2) === 0 && { own: options }) };
  const chunks = seeded.cut(file, 5000).map((chunk) => seeded.cut(chunk, 5000));
  const delta = windowedDeltaOf(rsync, windowed, ...chunks);
  same(got(rdiff.patch(basis, delta)), file, "our windowed delta, applied by rdiff");
  same(patched(basis, delta), file, "our windowed delta, applied by us");
}

/** A damaged delta makes the same file of both, or both refuse. Returns which. */
export function compareHostileDeltas({ rsync, rdiff }: Sides, seeded: Seeded): "applied" | "refused" {
  const basis = seeded.bytes(2000);
  const file = seeded.edit(basis, 3, 200);
  const delta = mutateDelta(seeded, deltaOf(rsync, parseSignature(signatureOf(rsync, { blockLength: 64 }, basis)), file));
  const ours = orRefused("rsync.bad-delta", () => patched(basis, ...seeded.cut(delta, 50)));
  same(ours, rdiff.patch(basis, delta), `delta ${Buffer.from(delta).toString("hex")}`);
  return ours === "refused" ? "refused" : "applied";
}

/**
 * Known difference: a signature that ends inside a weak sum is cut off to us, whole without it to rdiff. And blocks of
 * gigabytes are never searched for by us, while rdiff runs out of memory.
 *
 * Beyond these we refuse what rdiff refuses, and a delta made with what we accept comes out the same on both sides.
 */
export function compareHostileSignatures({ rsync, rdiff }: Sides, seeded: Seeded, format: SignatureFormat): "read" | "refused" {
  const basis = seeded.bytes(2000);
  const file = seeded.edit(basis, 2, 100);
  const options = { blockLength: 64, strongLength: MAX_STRONG[format], format };
  const signature = mutateSignature(seeded, signatureOf(rsync, options, basis));
  const table = orRefused("rsync.bad-signature", () => parseSignature(signature));
  const what = `signature ${Buffer.from(signature).toString("hex")}`;
  const theirs = rdiff.delta(signature, file);
  if (table === "refused") {
    const cutInWeakSum = (signature.length - 12) % (4 + options.strongLength) < 4;
    if (theirs !== "refused" && !cutInWeakSum) throw new Error(`only we refuse ${what}`);
    return "refused";
  }
  if (theirs === "refused" && table.blockLength < 2 ** 24) throw new Error(`only rdiff refuses ${what}`);
  const ours = deltaOf(rsync, table, file);
  same(
    orRefused("rsync.bad-delta", () => patched(basis, ours)),
    rdiff.patch(basis, ours),
    what,
  );
  return "read";
}

function got(result: Uint8Array | "refused"): Uint8Array {
  if (result === "refused") throw new Error("rdiff refused what it should take");
  return result;
}

function same(a: Uint8Array | "refused", b: Uint8Array | "refused", what: string): void {
  const equal = a === "refused" || b === "refused" ? a === b : Buffer.compare(a, b) === 0;
  if (!equal) throw new Error(`${what}: ${outcome(a)} and ${outcome(b)}`);
}

function outcome(result: Uint8Array | "refused"): string {
  return result === "refused" ? result : `${result.length} bytes ${Buffer.from(result.subarray(0, 32)).toString("hex")}`;
}
