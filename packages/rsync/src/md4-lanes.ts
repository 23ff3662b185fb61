import { type Code, decremented, I32, i32, instantiate, local, loop, module, set, V128, v128 } from "./wasm.ts";

/** MD4 of many blocks of one length, four at a time, one in each lane of a vector. */
export interface Md4Lanes {
  /**
   * Writes the digests of `count` blocks that follow each other in `bytes` from `start`, as far as it can: returns how many
   * it wrote. That is none unless the length is a multiple of 64 and at most 32 KiB, else all but the last three.
   */
  digests(bytes: Uint8Array, start: number, blockLength: number, count: number, out: Uint8Array): number;
}

/** Bytes of input in the module's memory; the digests follow. Fits the second cache. */
const INPUT = 128 * 1024;
/** Digests of the shortest blocks: a quarter of the input. */
const PAGES = Math.ceil((INPUT + INPUT / 4) / 65536);

/**
 * The compiled module, or undefined where WebAssembly has no vectors. The module is made here, at run time: its text is
 * {@link program}. Measured: 3 to 4 times hash-wasm's MD4, which does one block at a time.
 */
export async function loadMd4Lanes(): Promise<Md4Lanes | undefined> {
  const compiled = await instantiate(module(PAGES, 2, LOCALS, program()));
  if (!compiled) return undefined;
  const { memory, run } = compiled;
  return {
    digests(bytes, start, blockLength, count, out) {
      if (blockLength % 64 !== 0 || 4 * blockLength > INPUT) return 0;
      const most = Math.floor(INPUT / (4 * blockLength));
      let done = 0;
      for (let groups = count >> 2; groups > 0; groups -= most) {
        const taken = Math.min(groups, most);
        const from = start + done * blockLength;
        memory.set(bytes.subarray(from, from + 4 * taken * blockLength));
        run(taken, blockLength);
        out.set(memory.subarray(INPUT, INPUT + 64 * taken), 16 * done);
        done += 4 * taken;
      }
      return done;
    },
  };
}

// Locals. Parameters first:
const GROUPS = 0;
const BLOCK_LENGTH = 1;
const OUT = 2;
const STEPS = 3;
/** Where each of the four blocks is read. */
const LANES = [4, 5, 6, 7] as const;
const STATE = [8, 9, 10, 11] as const;
const SAVED = [12, 13, 14, 15] as const;
const WORDS = Array.from({ length: 16 }, (_, i) => 16 + i);
/** The constants of rounds 2 and 3. */
const ROUND_CONSTANTS = [32, 33] as const;
/** Between the halves of a transposition. */
const ROWS = [34, 35, 36, 37] as const;
const PAIRS = [38, 39] as const;

const LOCALS = [...Array<number>(6).fill(I32), ...Array<number>(32).fill(V128)];

/** RFC 1320, section 3.3. */
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

/** RFC 1320, section 3.4: for each round its function of b, c, d, its order of words, its shifts. */
const ROUNDS: readonly {
  readonly mix: (b: Code, c: Code, d: Code) => Code;
  readonly words: readonly number[];
  readonly shifts: readonly number[];
  readonly constant?: number;
}[] = [
  {
    mix: (b, c, d) => v128.select(c, d, b),
    words: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (b, c, d) => v128.select(d, b, v128.xor(b, c)), // the majority: d decides where b and c differ
    words: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    constant: ROUND_CONSTANTS[0],
  },
  {
    mix: (b, c, d) => v128.xor(v128.xor(b, c), d),
    words: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    constant: ROUND_CONSTANTS[1],
  },
];

/** For each group of four blocks: the words of all their 64-byte pieces, then of the padding, and out with the digests. */
function program(): Code {
  const stride = local(BLOCK_LENGTH);
  const group = [
    LANES.slice(1).map((lane) => set(lane, i32.add(local(lane - 1), stride))),
    STATE.map((state, i) => set(state, v128.splat(i32.constant(INITIAL[i]! | 0)))),
    set(STEPS, i32.shrU(stride, i32.constant(6))),
    loop([readWords(), compress(), LANES.map((lane) => set(lane, i32.add(local(lane), i32.constant(64))))], decremented(STEPS)),
    padding(),
    compress(),
    writeDigests(),
    set(OUT, i32.add(local(OUT), i32.constant(64))),
    set(LANES[0], local(LANES[3])), // the end of the last block is where the next group begins
  ];
  return [
    set(ROUND_CONSTANTS[0], v128.splat(i32.constant(0x5a827999))),
    set(ROUND_CONSTANTS[1], v128.splat(i32.constant(0x6ed9eba1))),
    set(OUT, i32.constant(INPUT)),
    set(LANES[0], i32.constant(0)),
    loop(group, decremented(GROUPS)),
  ];
}

/** The next 16 words of each block: word i of all four into the vector WORDS[i]. */
function readWords(): Code {
  return [0, 4, 8, 12].map((first) =>
    transpose(
      LANES.map((lane) => v128.load(local(lane), 4 * first)),
      (i, value) => set(WORDS[first + i]!, value),
    ),
  );
}

/** A block is a multiple of 64 bytes: its padding is a piece of its own, a one bit, zeros, and the length in bits. */
function padding(): Code {
  const zero = v128.splat(i32.constant(0));
  return [
    WORDS.map((word) => set(word, zero)),
    set(WORDS[0]!, v128.splat(i32.constant(0x80))),
    set(WORDS[14]!, v128.splat(i32.shl(local(BLOCK_LENGTH), i32.constant(3)))),
  ];
}

function compress(): Code {
  const steps = ROUNDS.map(({ mix, words, shifts, constant }) =>
    words.map((word, step) => {
      // The four parts of the state take turns: a b c d, d a b c, c d a b, b c d a.
      const [a, b, c, d] = [0, 1, 2, 3].map((part) => STATE[(part + 16 - step) % 4]!) as [number, number, number, number];
      const input = constant === undefined ? local(WORDS[word]!) : v128.add(local(WORDS[word]!), local(constant));
      const sum = v128.add(v128.add(local(a), input), mix(local(b), local(c), local(d)));
      const shift = shifts[step % 4]!;
      return [set(a, sum), set(a, v128.or(v128.shl(local(a), shift), v128.shrU(local(a), 32 - shift)))];
    }),
  );
  return [
    SAVED.map((saved, i) => set(saved, local(STATE[i]!))),
    steps,
    STATE.map((state, i) => set(state, v128.add(local(state), local(SAVED[i]!)))),
  ];
}

function writeDigests(): Code {
  return transpose(STATE.map(local), (lane, digest) => v128.store(local(OUT), 16 * lane, digest));
}

/** Gives the columns of four vectors, taken as rows, to `use`. */
function transpose(rows: readonly Code[], use: (column: number, value: Code) => Code): Code {
  const [a, b, c, d] = ROWS;
  const [ab, cd] = PAIRS;
  const upper = [0, 4, 1, 5];
  const lower = [2, 6, 3, 7];
  const left = [0, 1, 4, 5];
  const right = [2, 3, 6, 7];
  const pairUp = (words: readonly number[]): Code => [
    set(ab, v128.shuffle(local(a), local(b), words)),
    set(cd, v128.shuffle(local(c), local(d), words)),
  ];
  return [
    ROWS.map((row, i) => set(row, rows[i]!)),
    pairUp(upper),
    use(0, v128.shuffle(local(ab), local(cd), left)),
    use(1, v128.shuffle(local(ab), local(cd), right)),
    pairUp(lower),
    use(2, v128.shuffle(local(ab), local(cd), left)),
    use(3, v128.shuffle(local(ab), local(cd), right)),
  ];
}
