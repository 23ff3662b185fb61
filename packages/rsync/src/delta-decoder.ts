import { DoppelError, type ErrorData } from "@doppel/base";
import { COPY, DELTA_MAGIC, END, LITERAL, MAX_SHORT_LITERAL, RESERVED } from "./delta-commands.ts";

/** One step of building the new file: bytes of the basis, or bytes of the delta (maybe only a part of one literal). */
export type DeltaCommand = CopyCommand | { readonly kind: "literal"; readonly bytes: Uint8Array };

/** Bytes that the new file has of the basis. */
export interface CopyCommand {
  /** Tells it from a literal. */
  readonly kind: "copy";
  /** Where in the basis; with `length` a safe integer. */
  readonly offset: number;
  /** Never 0. */
  readonly length: number;
  /** Where in the delta the command is, for messages. */
  readonly position: number;
}

/** How a delta is read. */
export interface DeltaDecoderOptions {
  /** What to do with bytes after the end: "ignore", as stock does (spec 4.4), unless given. */
  readonly trailing?: "ignore" | "refuse";
}

/**
 * Reads a delta as its bytes come in, and holds none of them. Every command of spec 4.4 is understood; whether copies are
 * within the basis is for the one to say who has it ({@link Patcher}).
 */
export class DeltaDecoder {
  readonly #refuseTrailing: boolean;
  /** The magic, or the opcode of a command and its numbers, as far as they have come. */
  readonly #head = new Uint8Array(17);
  #headLength = 0;
  #headNeeded = 4;
  #state: "magic" | "command" | "literal" | "ended" = "magic";
  /** Bytes of the literal that are still to come. */
  #literalLeft = 0;
  /** Bytes of the delta before the chunk at hand, and before the command at hand. */
  #offset = 0;
  #commandOffset = 0;

  constructor(options: DeltaDecoderOptions = {}) {
    this.#refuseTrailing = options.trailing === "refuse";
  }

  /**
   * The commands that `chunk` completes. Literals are views of `chunk`: use them before it changes.
   * @throws rsync.bad-delta for a wrong magic, a reserved opcode, a length of 0 or beyond 2^53, and, if so asked, for
   *   bytes after the end. The decoder is then of no further use.
   */
  update(chunk: Uint8Array): DeltaCommand[] {
    const commands: DeltaCommand[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === "ended") {
        if (this.#refuseTrailing) throw badDelta("trailing", this.#offset + at, "bytes follow its end");
        break;
      }
      if (this.#state === "literal") {
        const length = Math.min(this.#literalLeft, chunk.length - at);
        commands.push({ kind: "literal", bytes: chunk.subarray(at, at + length) });
        this.#literalLeft -= length;
        at += length;
        if (this.#literalLeft === 0) this.#awaitCommand();
        continue;
      }
      if (this.#headLength === 0) this.#commandOffset = this.#offset + at;
      this.#head[this.#headLength++] = chunk[at++]!;
      if (this.#headLength === 1 && this.#state === "command") this.#headNeeded = this.#lengthOfCommand(this.#head[0]!);
      if (this.#headLength === this.#headNeeded) this.#takeHead(commands);
    }
    this.#offset += chunk.length;
    return commands;
  }

  /** @throws rsync.bad-delta when the delta has no end. */
  finish(): void {
    if (this.#state !== "ended") throw badDelta("truncated", this.#offset, "it is cut off");
  }

  #lengthOfCommand(opcode: number): number {
    if (opcode >= RESERVED) throw badDelta("command", this.#commandOffset, `it has the unknown command 0x${opcode.toString(16)}`);
    if (opcode >= COPY) return 1 + 2 ** ((opcode - COPY) >> 2) + 2 ** ((opcode - COPY) & 3);
    return opcode >= LITERAL ? 1 + 2 ** (opcode - LITERAL) : 1;
  }

  #takeHead(commands: DeltaCommand[]): void {
    if (this.#state === "magic") {
      if (this.#number(0, 4) !== DELTA_MAGIC) throw badDelta("magic", 0, "it does not begin as a librsync delta");
      return this.#awaitCommand();
    }
    const opcode = this.#head[0]!;
    if (opcode === END) {
      this.#state = "ended";
    } else if (opcode < COPY) {
      this.#literalLeft = opcode <= MAX_SHORT_LITERAL ? opcode : this.#length(1, this.#headNeeded);
      this.#state = "literal";
    } else {
      const lengthAt = 1 + 2 ** ((opcode - COPY) >> 2);
      const offset = this.#number(1, lengthAt);
      const length = this.#length(lengthAt, this.#headNeeded);
      if (!Number.isSafeInteger(offset + length))
        throw badDelta("copy-range", this.#commandOffset, "a copy lies beyond any file");
      commands.push({ kind: "copy", offset, length, position: this.#commandOffset });
      this.#awaitCommand();
    }
  }

  #awaitCommand(): void {
    this.#state = "command";
    this.#headLength = 0;
    this.#headNeeded = 1;
  }

  #length(start: number, end: number): number {
    const length = this.#number(start, end);
    if (length === 0) throw badDelta("command", this.#commandOffset, "it has a command of length 0");
    if (!Number.isSafeInteger(length)) throw badDelta("command", this.#commandOffset, "it has a command longer than any file");
    return length;
  }

  /** The big-endian number in #head[start..end); not a safe integer if it is 2^53 or more. */
  #number(start: number, end: number): number {
    let value = 0;
    for (let at = start; at < end; at++) value = value * 256 + this.#head[at]!;
    return value;
  }
}

/** The error for what is wrong at byte `offset` of the delta. */
export function badDelta(
  reason: ErrorData["rsync.bad-delta"]["reason"],
  offset: number,
  what: string,
): DoppelError<"rsync.bad-delta"> {
  return new DoppelError("rsync.bad-delta", `The delta cannot be applied: at byte ${offset}, ${what}.`, { reason, offset });
}
