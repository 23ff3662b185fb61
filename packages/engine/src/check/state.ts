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
const MOST_AGE_MS = 7 * 86_400_000;
const VERSION = 1;

/**
 * Which objects were found sound, in a file of JSON lines that grows as they are read: the question with its seed first, then a name
 * and a size a line. What is damaged is not in it, and is read again. A file that cannot be read or written is none.
 */
export class CheckState {
  readonly #file: string | undefined;
  readonly #sound: Map<string, number>;
  readonly seed: number;
  #isWritable = true;

  private constructor(file: string | undefined, sound: Map<string, number>, seed: number) {
    this.#file = file;
    this.#sound = sound;
    this.seed = seed;
  }

  /** Goes on with what the file says of the same question, or begins it with `seed`. */
  static open(file: string | undefined, question: CheckQuestion, seed: number, now: Date): CheckState {
    const found = file === undefined ? undefined : readState(file, question, now);
    if (found) return new CheckState(file, found.sound, found.seed);
    const state = new CheckState(file, new Map(), seed);
    state.#write(JSON.stringify({ v: VERSION, ...question, seed, begun: now.toISOString() }), true);
    return state;
  }

  get size(): number {
    return this.#sound.size;
  }

  /** Whether the object, of that size, was read and found sound before. */
  has(name: string, size: number): boolean {
    return this.#sound.get(name) === size;
  }

  add(name: string, size: number): void {
    this.#write(JSON.stringify([name, size]), false);
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

function readState(
  file: string,
  question: CheckQuestion,
  now: Date,
): { readonly sound: Map<string, number>; readonly seed: number } | undefined {
  const [first, ...rest] = linesOf(file);
  if (!isObject(first) || first["v"] !== VERSION) return undefined;
  const isSame = (["target", "withKey", "sample"] as const).every((field) => first[field] === question[field]);
  const { seed, begun } = first;
  const age = now.getTime() - Date.parse(String(begun));
  if (!isSame || typeof seed !== "number" || !(age >= 0 && age < MOST_AGE_MS)) return undefined;
  const sound = new Map<string, number>();
  for (const line of rest)
    if (Array.isArray(line) && typeof line[0] === "string" && typeof line[1] === "number") sound.set(line[0], line[1]);
  return { sound, seed };
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
