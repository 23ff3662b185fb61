/**
 * As much of a WebAssembly assembler as one function with loops and vectors needs. An instruction takes the code of its
 * operands, so that programs read as expressions. https://webassembly.github.io/spec/core/binary/
 */
export type Code = readonly (number | Code)[];

/** Types of locals. */
export const I32 = 0x7f;
export const V128 = 0x7b;

/** A module with `pages` of "memory" and the function "run", which takes `parameters` 32-bit integers and returns nothing. */
export function module(pages: number, parameters: number, locals: readonly number[], body: Code): Uint8Array<ArrayBuffer> {
  const type = [0x60, vector(Array<Code>(parameters).fill([I32])), 0];
  const declared = vector(locals.map((local) => [1, local]));
  const sections: readonly (readonly [number, readonly Code[]])[] = [
    [1, [type]],
    [3, [[0]]],
    [5, [[0, unsigned(pages)]]],
    [
      7,
      [
        [name("memory"), 2, 0],
        [name("run"), 0, 0],
      ],
    ],
    [10, [sized([declared, body, 0x0b])]],
  ];
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from(flat([header, sections.map(([id, items]) => [id, sized(vector(items))])]));
}

/** What we use of the global; our type libraries leave it out. */
declare const WebAssembly: {
  validate(binary: Uint8Array): boolean;
  instantiate(binary: Uint8Array): Promise<{ readonly instance: { readonly exports: Exports } }>;
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly run: (first: number, second: number) => void;
}

/** Compiles a {@link module} with two parameters; undefined where WebAssembly has no vectors. */
export async function instantiate(
  binary: Uint8Array,
): Promise<{ readonly memory: Uint8Array<ArrayBuffer>; readonly run: Exports["run"] } | undefined> {
  if (!WebAssembly.validate(binary)) return undefined;
  const { memory, run } = (await WebAssembly.instantiate(binary)).instance.exports;
  return { memory: new Uint8Array(memory.buffer), run };
}

export const local = (index: number): Code => [0x20, unsigned(index)];
export const set = (index: number, value: Code): Code => [value, 0x21, unsigned(index)];

/** `body` again and again while `condition`, evaluated after it, is not 0. */
export const loop = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];

/** The condition of a loop that goes on until the local is 0. */
export function decremented(counter: number): Code {
  return [set(counter, i32.sub(local(counter), i32.constant(1))), local(counter)];
}

/** 32-bit integers. */
export const i32 = {
  constant: (value: number): Code => [0x41, signed(value)],
  add: (a: Code, b: Code): Code => [a, b, 0x6a],
  sub: (a: Code, b: Code): Code => [a, b, 0x6b],
  shl: (a: Code, bits: Code): Code => [a, bits, 0x74],
  shrU: (a: Code, bits: Code): Code => [a, bits, 0x76],
};

/** Vectors of four 32-bit integers. */
export const v128 = {
  load: (address: Code, offset: number): Code => [address, simd(0x00), 0, unsigned(offset)],
  store: (address: Code, offset: number, value: Code): Code => [address, value, simd(0x0b), 0, unsigned(offset)],
  splat: (value: Code): Code => [value, simd(0x11)],
  /** Words of `a` (0 to 3) and `b` (4 to 7). */
  shuffle: (a: Code, b: Code, words: readonly number[]): Code => {
    return [a, b, simd(0x0d), words.map((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3])];
  },
  xor: (a: Code, b: Code): Code => [a, b, simd(0x51)],
  or: (a: Code, b: Code): Code => [a, b, simd(0x50)],
  /** Bits of `a` where `mask` has ones, of `b` elsewhere. */
  select: (a: Code, b: Code, mask: Code): Code => [a, b, mask, simd(0x52)],
  add: (a: Code, b: Code): Code => [a, b, simd(0xae)],
  /** Eight words of 16 bits. */
  constant16: (words: readonly number[]): Code => [simd(0x0c), words.map((word) => [word & 0xff, word >> 8])],
  add16: (a: Code, b: Code): Code => [a, b, simd(0x8e)],
  /** The first eight bytes as words of 16 bits; the last eight. */
  extendLow: (a: Code): Code => [a, simd(0x89)],
  extendHigh: (a: Code): Code => [a, simd(0x8a)],
  /** Products of words of 16 bits, neighbours added. */
  dot: (a: Code, b: Code): Code => [a, b, simd(0xba)],
  shl: (a: Code, bits: number): Code => [a, i32.constant(bits), simd(0xab)],
  shrU: (a: Code, bits: number): Code => [a, i32.constant(bits), simd(0xad)],
};

function simd(opcode: number): Code {
  return [0xfd, unsigned(opcode)];
}

function sized(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

function vector(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

function name(text: string): Code {
  return sized(Array.from(text, (char) => char.charCodeAt(0)));
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, signed(value >> 7)];
}

function flat(code: Code, into: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === "number") into.push(part);
    else flat(part, into);
  }
  return into;
}
