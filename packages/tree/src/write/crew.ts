import type { PathEntry } from "@doppel/base";
import { type FileOutcome, type FilePlace, FileWriter, type FileWriterOptions } from "./file.ts";

/**
 * Who writes files, first under temporary names; where the final one is taken it is not they who decide. One file after another is
 * handed over: `begin`, any number of `write`, then `end` or `abort`. They need not be written one after another.
 */
export interface FileCrew {
  /**
   * The next file.
   * @param done called once, soon or late: when the file is complete, given up, or known to fail
   */
  begin(place: FilePlace, entry: PathEntry, done: (outcome: FileOutcome) => void): void;
  /** `bytes` are only read during the call. */
  write(bytes: Uint8Array): void;
  /** The file in hand is complete. */
  end(): void;
  /** The file in hand is not to be. */
  abort(): void;
  /** To be awaited, unless undefined, before every `write`: there is too much on its way. */
  room(): Promise<void> | undefined;
  /** Until everything that was handed over is done. */
  drain(): Promise<void> | undefined;
}

/** Writes everything at once and in this thread. */
export class CrewOfOne implements FileCrew {
  readonly #writer: FileWriter;
  #done: (outcome: FileOutcome) => void = () => {};

  constructor(options: FileWriterOptions) {
    this.#writer = new FileWriter(options);
  }

  begin(place: FilePlace, entry: PathEntry, done: (outcome: FileOutcome) => void): void {
    this.#done = done;
    this.#tell(this.#writer.begin(place, entry));
  }

  write(bytes: Uint8Array): void {
    this.#tell(this.#writer.write(bytes));
  }

  end(): void {
    this.#tell(this.#writer.end());
  }

  abort(): void {
    this.#tell(this.#writer.abort());
  }

  room(): undefined {
    return undefined;
  }

  drain(): undefined {
    return undefined;
  }

  #tell(outcome: FileOutcome | undefined): void {
    if (outcome) this.#done(outcome);
  }
}
