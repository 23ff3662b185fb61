import type { Seeded } from "./inputs.ts";

/** A delta that was damaged, cut, or given a command nobody would write. */
export function mutateDelta(seeded: Seeded, delta: Uint8Array): Uint8Array {
  switch (seeded.below(4)) {
    case 0:
      return delta.subarray(0, seeded.below(delta.length));
    case 1:
      return Buffer.concat([delta.subarray(0, -1), randomCopy(seeded), Uint8Array.of(0)]);
    case 2:
      return Buffer.concat([delta, seeded.bytes(seeded.below(5))]);
    default:
      return flip(seeded, delta, delta.length);
  }
}

/** A signature that was damaged, mostly in its header, or cut. */
export function mutateSignature(seeded: Seeded, signature: Uint8Array): Uint8Array {
  switch (seeded.below(4)) {
    case 0:
      return signature.subarray(0, seeded.below(signature.length));
    case 1:
      return flip(seeded, signature, signature.length);
    case 2: {
      const out = Buffer.from(signature);
      out.writeUInt32BE(seeded.pick([0, 1, 15, 16, 17, 32, 33, 64, 2 ** 31, 2 ** 32 - 1]), seeded.pick([4, 8]));
      return out;
    }
    default:
      return flip(seeded, signature, 12);
  }
}

/** One to three bytes among the first `reach` changed. */
function flip(seeded: Seeded, bytes: Uint8Array, reach: number): Uint8Array {
  const out = bytes.slice();
  for (let i = seeded.below(3); i >= 0; i--) out[seeded.below(reach)] = seeded.below(256);
  return out;
}

/** A copy in one of the 16 forms, its numbers small, at the border of a width, or absurd. */
function randomCopy(seeded: Seeded): Uint8Array {
  const form = seeded.below(16);
  const widths = [2 ** (form >> 2), 2 ** (form & 3)] as const;
  const fields = widths.map((width) => {
    const value = seeded.pick([
      0n,
      1n,
      255n,
      1999n,
      2000n,
      2001n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 53n,
      2n ** 63n - 1n,
      2n ** 63n,
      2n ** 64n - 1n,
    ]);
    const field = Buffer.alloc(8);
    field.writeBigUInt64BE(value);
    return field.subarray(8 - width);
  });
  return Buffer.concat([Uint8Array.of(0x45 + form), ...fields]);
}
