import { randomNumbers } from "../kills.ts";

/** Choices that are the same for the same seed. */
export class Dice {
  readonly #next: () => number;

  /** @param seeds  of the run, the target, the cycle: each has choices of its own, however many the others made */
  constructor(...seeds: readonly (number | string)[]) {
    let seed = 7;
    for (const char of seeds.join("/")) seed = (Math.imul(seed, 31) + char.charCodeAt(0)) | 0;
    this.#next = randomNumbers(seed);
  }

  /** Whole numbers from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[this.below(list.length)]!;
  }

  /** One of these, as often as its weight says. */
  weighed<T extends string>(weights: Readonly<Partial<Record<T, number>>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = this.#next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
    return entries.at(-1)![0];
  }
}
