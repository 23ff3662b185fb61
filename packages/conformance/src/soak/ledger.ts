import type { TreeEntry } from "@doppel/testkit";
import { completeSets, hiddenSets, type StoredSet } from "./sets.ts";

export type Tree = readonly TreeEntry[];

/** A backup that is promised, and what restoring it must give. */
export interface Point {
  /** Seconds. */
  readonly time: number;
  /** One: exactly that. Several: the run was gone on with while the source changed, and each entry is as one of these has it. */
  readonly trees: readonly Tree[];
}

/** What was tried, and what was stored and has not been given up. */
export class Ledger {
  readonly #attempts: { readonly time: number; readonly tree: Tree }[] = [];
  #points: Point[] = [];
  #known: ReadonlySet<number> = new Set();

  get points(): readonly Point[] {
    return this.#points;
  }

  /** A backup is begun, at a clock that shows this. */
  attempt(time: number, tree: Tree): void {
    this.#attempts.push({ time, tree });
  }

  /**
   * Looks at what the target has. What has a manifest is promised, also after a deletion that was killed.
   * @param mayGo sets that were to be deleted
   * @returns sets that are new
   * @throws LostBackup when one that is promised is not there any more
   */
  look(names: Iterable<string>, mayGo: readonly StoredSet[] = []): readonly StoredSet[] {
    const sets = completeSets(names);
    const there = new Set(sets.map(({ end }) => end));
    const given = new Set(mayGo.map(({ end }) => end));
    const lost = this.#points.filter(({ time }) => !there.has(time) && !given.has(time));
    if (lost.length > 0) throw new LostBackup(`the backups of ${lost.map(({ time }) => utc(time)).join(", ")} are gone`);
    this.#points = this.#points.filter(({ time }) => there.has(time));
    const made = sets.filter(({ end }) => !this.#known.has(end));
    for (const { end } of made) this.#points.push({ time: end, trees: this.#treesSince(end) });
    this.#known = there;
    return made;
  }

  /** Gives up what two machines at once have hidden from each other, which only one who looks at both could tell. @returns how many */
  passOver(names: Iterable<string>): number {
    const hidden = new Set(hiddenSets(completeSets(names)).map(({ end }) => end));
    const before = this.#points.length;
    this.#points = this.#points.filter(({ time }) => !hidden.has(time));
    return before - this.#points.length;
  }

  /** Every state of the source that runs have seen since the one that made this set began. */
  #treesSince(time: number): readonly Tree[] {
    const first = this.#attempts.findLastIndex((attempt) => attempt.time <= time);
    const trees = this.#attempts.slice(Math.max(0, first)).map(({ tree }) => tree);
    return [...new Map(trees.map((tree) => [JSON.stringify(tree), tree])).values()];
  }
}

/** Something that was promised is not there. */
export class LostBackup extends Error {}

export function utc(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
