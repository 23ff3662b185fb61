import { closeSync, constants, linkSync, openSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { type BytePath, type PathEntry, pathToBytes } from "@doppel/base";
import { errnoOfCall, type TreeProblem } from "../source.ts";
import { type AttributeOptions, settleFile } from "./attributes.ts";

/** What became of one file: complete, or removed again. Plain data, but for `failure`'s cause. */
export interface FileOutcome {
  /** It has its final name; otherwise something has that, or it cannot be given in this way. */
  readonly named: boolean;
  /** Content that was written. */
  readonly bytes: number;
  /** Attributes that could not be given to it. */
  readonly problems: readonly TreeProblem[];
  /** A call of the system that failed: nothing is left of the file. */
  readonly failure?: { readonly errno: string; readonly cause?: unknown };
}

/** What is restored of attributes. */
export type FileWriterOptions = Omit<AttributeOptions, "onProblem">;

/** A file on its way, by names that are absolute, or from the working directory. */
export interface FilePlace {
  /** Nobody else knows it. */
  readonly temporary: BytePath;
  /** In the same directory. */
  readonly name: BytePath;
}

/**
 * Writes one file after another under names that nobody else knows, and gives them their own when that is free: for each `begin`, any number of `write`, and `end` or
 * `abort`. Exactly one of these calls returns the outcome; what follows a failure is ignored up to the next `begin`.
 */
export class FileWriter {
  readonly #options: FileWriterOptions;
  #file: UnfinishedFile | undefined;

  constructor(options: FileWriterOptions) {
    this.#options = options;
  }

  /** The next file. */
  begin(place: FilePlace, entry: PathEntry): FileOutcome | undefined {
    return this.#attempt(() => {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const fd = openSync(pathToBytes(place.temporary), flags, 0o600);
      this.#file = { fd, place, entry, bytes: 0, problems: [] };
    });
  }

  /** Its next bytes, which are only read during the call. */
  write(bytes: Uint8Array): FileOutcome | undefined {
    const file = this.#file;
    return this.#attempt(() => {
      if (file === undefined) return;
      for (let at = 0; at < bytes.length; ) at += writeSync(file.fd, bytes, at, bytes.length - at);
      file.bytes += bytes.length;
    });
  }

  /** Gives the file its attributes, then its name. */
  end(): FileOutcome | undefined {
    const file = this.#file;
    if (file === undefined) return undefined;
    let named = false;
    const failed = this.#attempt(() => {
      settleFile(file.fd, file.entry, { ...this.#options, onProblem: (problem) => file.problems.push(problem) });
      const { fd } = file;
      file.fd = CLOSED;
      closeSync(fd);
      named = giveName(file.place);
    });
    if (failed) return failed;
    this.#file = undefined;
    return { named, bytes: file.bytes, problems: file.problems };
  }

  /** Removes what was written of the file in hand. */
  abort(): FileOutcome | undefined {
    const file = this.#file;
    this.#remove();
    return file && { named: false, bytes: 0, problems: [] };
  }

  #attempt(step: () => void): FileOutcome | undefined {
    try {
      step();
      return undefined;
    } catch (cause) {
      this.#remove();
      const errno = errnoOfCall(cause);
      if (errno === undefined) throw cause;
      return { named: false, bytes: 0, problems: [], failure: { errno, cause } };
    }
  }

  #remove(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      if (file.fd !== CLOSED) closeSync(file.fd);
    } finally {
      rmSync(pathToBytes(file.place.temporary), { force: true });
    }
  }
}

const CLOSED = -1;

interface UnfinishedFile {
  fd: number;
  readonly place: FilePlace;
  readonly entry: PathEntry;
  bytes: number;
  readonly problems: TreeProblem[];
}

/**
 * Never in place of another file, which rename(2) cannot promise; and cheaper than to look first and rename (measured: 25 us,
 * and 29). Where there are no hard links, or the name is taken, whoever keeps the order of the entries decides.
 */
function giveName({ temporary, name }: FilePlace): boolean {
  try {
    linkSync(pathToBytes(temporary), pathToBytes(name));
  } catch {
    return false;
  }
  unlinkSync(pathToBytes(temporary));
  return true;
}
