/** How much is tried: a dozen random instants in CI, `DOPPEL_KILLS=300` and every operation in a long run. */
export const KILLS = Number(process.env["DOPPEL_KILLS"] ?? 12);
export const SEED = Number(process.env["DOPPEL_SEED"] ?? 1);
export const IS_LONG = KILLS >= 100;

/** Numbers from 0 up to, not including, 1: the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What came of how many runs. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(outcome: string): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  toString(): string {
    return [...this.#counts].map(([outcome, count]) => `${outcome}: ${count}`).join(", ");
  }
}
