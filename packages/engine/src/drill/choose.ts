import { type BytePath, comparePaths, isWithin } from "@doppel/base";
import type { ListedEntry } from "../history/entries.ts";
import { numbersFrom } from "../random-numbers.ts";

/** Files that come one after another, of which any number is seen and only `count` are held: each is as likely as the others. */
export class Reservoir {
  readonly #count: number;
  readonly #random: () => number;
  readonly #held: ListedEntry[] = [];
  #seen = 0;

  constructor(count: number, seed: number) {
    this.#count = count;
    this.#random = numbersFrom(seed);
  }

  offer(entry: ListedEntry): void {
    this.#seen++;
    if (this.#held.length < this.#count) {
      this.#held.push(entry);
      return;
    }
    const place = Math.floor(this.#random() * this.#seen);
    if (place < this.#count) this.#held[place] = entry;
  }

  /** Ascending. */
  get chosen(): readonly ListedEntry[] {
    return this.#held.toSorted((a, b) => comparePaths(a.path, b.path));
  }
}

/** Ascending, without what lies at or below another one. */
export function outermost(paths: readonly BytePath[]): readonly BytePath[] {
  const kept: BytePath[] = [];
  for (const path of paths.toSorted(comparePaths)) {
    if (kept.length === 0 || !isWithin(path, kept.at(-1)!)) kept.push(path);
  }
  return kept;
}
