import { GRANULE, Randomness } from "./randomness.ts";

/** A part of a piece that is treated alike. */
export interface Run {
  readonly start: number;
  readonly end: number;
  /** Worth compressing; otherwise it is stored as it is. */
  readonly compress: boolean;
}

/** Divides a piece into runs, in order, without gaps. Neighbours differ in `compress`; an empty piece has none. */
export function runsOf(piece: Uint8Array): readonly Run[] {
  const randomness = new Randomness(piece);
  const runs: Run[] = [];
  for (let start = 0; start < piece.length; start += GRANULE) {
    const end = Math.min(start + GRANULE, piece.length);
    // A last bit is too short to be judged: it goes with what is before it.
    const compress = end - start < GRANULE ? (runs.at(-1)?.compress ?? true) : !randomness.isRandom(start);
    const last = runs.at(-1);
    if (last?.compress === compress) runs[runs.length - 1] = { ...last, end };
    else runs.push({ start, end, compress });
  }
  return runs;
}
