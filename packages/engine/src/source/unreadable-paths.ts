import { type BytePath, comparePaths, isWithin } from "@doppel/base";

/**
 * Paths that exist but could not be read: what was known below them is kept, not recorded as deleted. Everything goes in
 * ascending order: nothing is looked for below such a path, so that only the last one before a path can hold it.
 */
export class UnreadablePaths {
  /** Ascending. */
  #ahead: BytePath[] = [];
  #last: BytePath | undefined;

  add(path: BytePath): void {
    this.#ahead.push(path);
  }

  /** Whether `path` is or lies below one. Those before it are forgotten: the next question is about a path behind it. */
  hold(path: BytePath): boolean {
    let passed = 0;
    for (; passed < this.#ahead.length && comparePaths(this.#ahead[passed]!, path) <= 0; passed++)
      this.#last = this.#ahead[passed];
    if (passed > 0) this.#ahead = this.#ahead.slice(passed);
    return this.#last !== undefined && isWithin(path, this.#last);
  }
}
