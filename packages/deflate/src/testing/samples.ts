/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One stretch of a sample. */
export interface Stretch {
  readonly kind: "random" | "text" | "zeros" | "records" | "repeat";
  readonly length: number;
  /** Of a repetition, how far back; otherwise the seed. */
  readonly from: number;
}

/** A piece made of stretches, of `length` bytes at most. */
export function sampleOf(stretches: readonly Stretch[], length = Number.POSITIVE_INFINITY): Uint8Array {
  const whole = stretches.reduce((sum, stretch) => sum + stretch.length, 0);
  const bytes = new Uint8Array(Math.min(whole, length));
  let at = 0;
  for (const stretch of stretches) {
    const end = Math.min(at + stretch.length, bytes.length);
    const random = seeded(stretch.from);
    for (let i = at; i < end; ) {
      const { kind, from } = stretch;
      if (kind === "random") bytes[i++] = random() * 256;
      else if (kind === "zeros") bytes[i++] = 0;
      else if (kind === "repeat") bytes[i++] = at === 0 ? 7 : bytes[Math.max(i - 1 - from, i % at)]!;
      else if (kind === "records") bytes[i++] = i % 8 < 3 ? random() ** 4 * 256 : i % 8;
      else i = writeWord(bytes, i, end, random);
    }
    at = end;
  }
  return bytes;
}

function writeWord(bytes: Uint8Array, at: number, end: number, random: () => number): number {
  const word = Math.floor(random() ** 3 * 2000);
  const text = `${word.toString(36)}${(word * 2654435761).toString(36)} `;
  let i = at;
  for (let char = 0; char < text.length && i < end; char++) bytes[i++] = text.charCodeAt(char);
  return i;
}
