import type { BytePath } from "@doppel/base";

/** What happens to one path when everything before it has happened. */
export interface Turn {
  readonly path: BytePath;
  /** Undefined while its file is being written. */
  step: (() => void) | undefined;
  /** Whatever becomes of its file is not told. */
  givenUp?: boolean;
  /** Of a file. */
  readonly temporary?: BytePath;
}

/** Steps in the order of their paths, also where files before them are still being written by others. A step that fails ends all. */
export class Turns {
  readonly #attempt: (path: BytePath, step: () => void) => void;
  /** Empty while there are no files before them. */
  readonly #waiting: Turn[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** @param attempt runs a step; what it throws is the failure */
  constructor(attempt: (path: BytePath, step: () => void) => void) {
    this.#attempt = attempt;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Runs a step for `path` when all files before it are done: now, or later. */
  run(path: BytePath, step: () => void): void {
    this.#waiting.push({ path, step });
    this.#advance();
  }

  /** The turn of a file that is being written, until {@link conclude}. */
  file(path: BytePath, temporary: BytePath): Turn {
    const turn: Turn = { path, step: undefined, temporary };
    this.#waiting.push(turn);
    return turn;
  }

  conclude(turn: Turn, step: () => void): void {
    turn.step = turn.givenUp ? () => {} : step;
    this.#advance();
  }

  /** What a step has thrown; told once. */
  takeFailure(): { readonly error: unknown } | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** Forgets all that wait. @returns files of theirs that have no final name */
  abandon(): readonly BytePath[] {
    return this.#waiting.splice(0).flatMap(({ temporary }) => temporary ?? []);
  }

  #advance(): void {
    while (this.#failure === undefined) {
      const step = this.#waiting[0]?.step;
      if (step === undefined) return;
      const { path } = this.#waiting.shift()!;
      try {
        this.#attempt(path, step);
      } catch (error) {
        this.#failure = { error };
      }
    }
  }
}
