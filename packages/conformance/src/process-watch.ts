import { readdirSync, readFileSync } from "node:fs";

/** What anybody on the machine (its arguments) or root (its environment) could see of a process; NUL stands between the words. */
export interface SeenProcess {
  readonly args: string;
  readonly environment: string;
}

/** Looks every few milliseconds at the arguments and the environment of every process that has begun since. */
export class ProcessWatch implements Disposable {
  readonly #first = process.pid;
  readonly #old = new Set(pids());
  readonly #timer = setInterval(() => this.#look(), 10);
  readonly #processes = new Map<string, SeenProcess>();

  /** All different arguments and environments that were seen. */
  get seen(): ReadonlySet<string> {
    return new Set(this.processes.flatMap(({ args, environment }) => [args, environment]));
  }

  /** All different processes that were seen. */
  get processes(): readonly SeenProcess[] {
    return [...this.#processes.values()];
  }

  #look(): void {
    for (const pid of pids()) {
      if (pid === this.#first || this.#old.has(pid)) continue;
      const args = textOf(`/proc/${pid}/cmdline`);
      const environment = textOf(`/proc/${pid}/environ`);
      // Who is becoming another program has no arguments for a moment, or those of the one that it was: the next look sees it.
      if (args === "" || args !== textOf(`/proc/${pid}/cmdline`)) continue;
      this.#processes.set(`${args}\0\0${environment}`, { args, environment });
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Empty when it has ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function pids(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}
