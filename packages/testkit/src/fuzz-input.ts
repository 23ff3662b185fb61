/** Numbers that depend on the seeds only (xorshift32). */
export class Random {
  #state: number;

  constructor(...seeds: readonly number[]) {
    this.#state = seeds.reduce((state, seed) => Math.imul(state ^ seed, 0x9e3779b1) ^ (state >>> 15), 0x2545f491) | 1;
    for (let i = 0; i < 8; i++) this.below(2);
  }

  /** From 0 up to, not including, `limit`. */
  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

type Mutation = (input: Buffer, random: Random, others: readonly Buffer[], words: readonly Buffer[]) => Buffer;

/** One to eight changes of one of `corpus`; at most `limit` bytes. */
export function mutated(random: Random, corpus: readonly Buffer[], words: readonly Buffer[], limit: number): Buffer {
  let input: Buffer = Buffer.from(random.of(corpus));
  for (let left = 1 + random.below(random.of([1, 2, 8])); left > 0; left--)
    input = random.of(MUTATIONS)(input, random, corpus, words).subarray(0, limit);
  return Buffer.from(input);
}

const MUTATIONS: readonly Mutation[] = [
  (input, random) => withByte(input, random, (byte) => byte ^ (1 << random.below(8))),
  (input, random) => withByte(input, random, () => random.of([0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x20, 0x2f, 0x30, 0x22, 0x5c])),
  (input, random) => withByte(input, random, () => random.below(256)),
  (input, random) => input.subarray(0, random.below(input.length + 1)),
  (input, random) => {
    const [from, to] = range(input, random);
    return splice(input, from, to, Buffer.alloc(0));
  },
  (input, random) => {
    const [from, to] = range(input, random);
    const times = random.of([1, 1, 2, 20, 1000]);
    return splice(
      input,
      to,
      to,
      Buffer.concat(Array.from({ length: times }, () => input.subarray(from, Math.min(to, from + 4096)))),
    );
  },
  (input, random, others) => {
    const other = random.of(others);
    const [from, to] = range(other, random);
    const at = random.below(input.length + 1);
    return splice(input, at, random.below(2) ? at : Math.min(input.length, at + to - from), other.subarray(from, to));
  },
  (input, random, _, words) => (words.length === 0 ? input : put(input, random, random.of(words))),
  (input, random) => put(input, random, Buffer.from(random.of(NUMBERS))),
  (input, random) => {
    // A number that is written out becomes another one.
    const found = [...input.toString("latin1").matchAll(/\d+/g)];
    if (found.length === 0) return input;
    const { index, 0: digits } = random.of(found);
    return splice(input, index, index + digits.length, Buffer.from(random.of(NUMBERS)));
  },
  (input, random) => {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt.asUintN(64, random.of(BINARY)));
    return put(input, random, number.subarray(random.of([0, 4, 6, 7])));
  },
];

const NUMBERS = [
  "0",
  "1",
  "-1",
  "00",
  "1e9",
  "255",
  "256",
  "65536",
  "4294967295",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "9223372036854775808",
  "99999999999999999999",
  "0x10",
  "1.5",
  "NaN",
];
const BINARY = [
  0n,
  1n,
  -1n,
  0x7fn,
  0x80n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
];

function withByte(input: Buffer, random: Random, change: (byte: number) => number): Buffer {
  if (input.length === 0) return input;
  const out = Buffer.from(input);
  const at = random.below(out.length);
  out[at] = change(out[at]!);
  return out;
}

/** Inserted, or in the place of what is there. */
function put(input: Buffer, random: Random, word: Buffer): Buffer {
  const at = random.below(input.length + 1);
  return splice(input, at, random.below(2) ? at : Math.min(input.length, at + word.length), word);
}

function range(input: Buffer, random: Random): [number, number] {
  const from = random.below(input.length + 1);
  return [from, Math.min(input.length, from + 1 + random.below(random.of([1, 4, 64, 512, 4096])))];
}

function splice(input: Buffer, from: number, to: number, middle: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, from), middle, input.subarray(to)]);
}
