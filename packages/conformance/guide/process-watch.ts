import { readdirSync, readFileSync } from "node:fs";

/**
 * Looks every few milliseconds at the arguments and the environment of every process that has begun since, as anybody on the machine (its
 * arguments) or root (its environment) could.
 */
export class ProcessWatch implements Disposable {
  readonly #first = process.pid;
  readonly #old = new Set(pids());
  readonly #timer = setInterval(() => this.#look(), 10);
  /** All different ones that were seen; NUL stands between the words. */
  readonly seen = new Set<string>();

  #look(): void {
    for (const pid of pids()) {
      if (pid === this.#first || this.#old.has(pid)) continue;
      for (const what of ["cmdline", "environ"]) {
        try {
          this.seen.add(readFileSync(`/proc/${pid}/${what}`, "latin1"));
        } catch {
          // It has ended meanwhile.
        }
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function pids(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}
