import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "@doppel/base";

/** What a check was asked for: another question is not answered by what this one found. */
export interface CheckQuestion {
  readonly target: string;
  readonly withKey: boolean;
  /** As it was written to the job; the same sample of the same objects. */
  readonly sample: string;
}

/** A check that was stopped longer ago than this begins anew: what it saw may have changed. */
const MOST_AGE_MS = 86_400_000;
const VERSION = 2;

/** An object as the target lists it: what has changed since is another one. */
export interface ListedObject {
  readonly name: string;
  readonly size: number;
  /** When it was stored, in ms, if the target tells. */
  readonly modified?: number;
}

/**
 * Which objects were found sound, in a file of JSON lines that grows as they are read: the question with its seed first, then name,
 * size and time of an object a line. What is damaged is not in it, and is read again. A file that cannot be read or written is none.
 */
export class CheckState {
  readonly #file: string | undefined;
  readonly #sound: ReadonlyMap<string, string>;
  readonly seed: number;
  /** When the check began that is too old to be gone on with. */
  readonly outdated: Date | undefined;
  #isWritable = true;

  private constructor(file: string | undefined, { sound, seed, outdated }: FoundState) {
    this.#file = file;
    this.#sound = sound;
    this.seed = seed;
    this.outdated = outdated;
  }

  /** Goes on with what the file says of the same question, or begins it with `seed`. */
  static open(file: string | undefined, question: CheckQuestion, seed: number, now: Date): CheckState {
    const found = file === undefined ? undefined : readState(file, question, now);
    if (found && found.outdated === undefined) return new CheckState(file, found);
    const outdated = found?.outdated;
    const state = new CheckState(file, { sound: new Map(), seed, outdated });
    state.#write(JSON.stringify({ v: VERSION, ...question, seed, begun: now.toISOString() }), true);
    return state;
  }

  /** Whether the object, as it is listed, was read and found sound before. */
  has(object: ListedObject): boolean {
    return this.#sound.get(object.name) === lineOf(object);
  }

  add(object: ListedObject): void {
    this.#write(lineOf(object), false);
  }

  /** The question is answered. */
  remove(): void {
    if (this.#file !== undefined && this.#isWritable) rmSync(this.#file, { force: true });
  }

  #write(line: string, isFirst: boolean): void {
    if (this.#file === undefined || !this.#isWritable) return;
    try {
      if (isFirst) mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      if (isFirst) writeFileSync(this.#file, `${line}\n`, { mode: 0o600 });
      else appendFileSync(this.#file, `${line}\n`);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.#isWritable = false; // it only saves time
    }
  }
}

interface FoundState {
  /** The line of each, by name. */
  readonly sound: ReadonlyMap<string, string>;
  readonly seed: number;
  readonly outdated: Date | undefined;
}

function readState(file: string, question: CheckQuestion, now: Date): FoundState | undefined {
  const [first, ...rest] = linesOf(file);
  if (!isObject(first) || first["v"] !== VERSION) return undefined;
  const isSame = (["target", "withKey", "sample"] as const).every((field) => first[field] === question[field]);
  const { seed } = first;
  const begun = new Date(String(first["begun"]));
  const age = now.getTime() - begun.getTime();
  if (!isSame || typeof seed !== "number" || !(age >= 0)) return undefined;
  const sound = new Map<string, string>();
  for (const line of rest) if (Array.isArray(line) && typeof line[0] === "string") sound.set(line[0], JSON.stringify(line));
  return { sound, seed, outdated: age > MOST_AGE_MS ? begun : undefined };
}

function lineOf({ name, size, modified }: ListedObject): string {
  return JSON.stringify(modified === undefined ? [name, size] : [name, size, modified]);
}

/** Whole lines that can be understood: the last one may have been cut off. */
function linesOf(file: string): readonly unknown[] {
  try {
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
    return lines.map((line): unknown => {
      try {
        return JSON.parse(line);
      } catch {
        return undefined;
      }
    });
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
