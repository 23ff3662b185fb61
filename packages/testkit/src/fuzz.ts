import { Worker } from "node:worker_threads";
import { DoppelError } from "@doppel/base";
import { it } from "vitest";
import { mutated, Random } from "./fuzz-input.ts";

/** What is fuzzed, and how it is given to a reader. */
export interface Fuzzer {
  /** Sound inputs, which have to be taken, and from which the unsound ones are made; some of every kind. */
  readonly corpus: readonly (Uint8Array | string)[];
  /** What means something in this format: put anywhere. */
  readonly words?: readonly (Uint8Array | string)[];
  /** Makes sums right again that nobody would fail to make right; done in half of the cases. */
  readonly mend?: (input: Buffer) => Uint8Array;
  /**
   * One input. It may give anything, or throw a DoppelError; any other exception is a bug, and so is to read or write without end.
   * `pick` gives numbers from 0 up to, not including, its argument: for how the input is cut, and the like.
   */
  readonly read: (input: Buffer, pick: (below: number) => number) => unknown;
}

/** Without DOPPEL_FUZZ_SECONDS. */
const SECONDS = 2;
/** Nothing that is read here takes a hundredth of it. */
const HANG_SECONDS = 60;
/** Of inputs. */
const MOST_BYTES = 1 << 16;
/** What a fuzzer's process may grow by. */
const MOST_GROWTH = 1 << 30;

/**
 * A test that gives a reader unsound input for a while: a few seconds, or DOPPEL_FUZZ_SECONDS. What case `n` is depends on its number
 * and DOPPEL_FUZZ_SEED (1) only, so that one that failed can be had again with DOPPEL_FUZZ_CASE=n. A case that does not end kills the
 * process, after it has said which one it was.
 */
export function fuzz(title: string, fuzzer: Fuzzer): void {
  const env = process.env;
  const seconds = Number(env["DOPPEL_FUZZ_SECONDS"] ?? SECONDS);
  const seed = Number(env["DOPPEL_FUZZ_SEED"] ?? 1);
  const only = env["DOPPEL_FUZZ_CASE"];
  it(`${title}: a value or an error of ours, whatever it is given`, {
    timeout: (seconds + 2 * HANG_SECONDS) * 1000,
  }, async () => {
    const corpus = fuzzer.corpus.map(bytesOf);
    const words = (fuzzer.words ?? []).map(bytesOf);
    const progress = new Int32Array(new SharedArrayBuffer(4));
    const watchdog = watch(title, seed, progress);
    const before = process.resourceUsage().maxRSS * 1024;
    let [cases, refused] = [0, 0];
    const until = performance.now() + seconds * 1000;
    try {
      // All sound ones first, then what is made of them; at least a few, however slow the machine is.
      for (let n = Number(only ?? 0); n < corpus.length * 4 || performance.now() < until; n++) {
        Atomics.store(progress, 0, n);
        const random = new Random(seed, n);
        const sound = n < corpus.length;
        let input = sound ? corpus[n]! : mutated(random, corpus, words, MOST_BYTES);
        if (!sound && fuzzer.mend && random.below(2) === 0) input = Buffer.from(fuzzer.mend(input));
        try {
          await fuzzer.read(input, (below) => random.below(below));
        } catch (error) {
          refused++;
          if (sound || !(error instanceof DoppelError)) throw failed(title, seed, n, input, error);
          if (/[\r\n]/.test(error.message))
            throw failed(title, seed, n, input, new Error("a message of two lines", { cause: error }));
        }
        const grown = process.resourceUsage().maxRSS * 1024 - before;
        if (grown > MOST_GROWTH) throw failed(title, seed, n, input, new Error(`memory grew by ${grown} bytes`));
        cases = n + 1;
        if (only !== undefined) break;
      }
    } finally {
      await watchdog.terminate();
    }
    if (env["DOPPEL_FUZZ_SECONDS"] !== undefined) console.info(`${title}: ${cases} cases, ${refused} refused`);
  });
}

function bytesOf(value: Uint8Array | string): Buffer {
  return typeof value === "string" ? Buffer.from(value) : Buffer.from(value);
}

function failed(title: string, seed: number, n: number, input: Buffer, cause: unknown): Error {
  const shown = input.length > 2000 ? `${input.length} bytes` : input.toString("base64");
  const what = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${title}: DOPPEL_FUZZ_SEED=${seed} DOPPEL_FUZZ_CASE=${n} (base64 ${shown}): ${what}`, { cause });
}

/** A thread that ends the process when nothing happens any more: what is stuck in a loop cannot do that itself. */
function watch(title: string, seed: number, progress: Int32Array): Worker {
  const code = `
    const { workerData: { title, seed, progress, seconds } } = require("node:worker_threads");
    let last = -1;
    setInterval(() => {
      const n = Atomics.load(progress, 0);
      if (n === last) {
        require("node:fs").writeSync(2, title + ": DOPPEL_FUZZ_SEED=" + seed + " DOPPEL_FUZZ_CASE=" + n + " does not end\\n");
        process.kill(process.pid, "SIGKILL");
      }
      last = n;
    }, seconds * 1000);`;
  return new Worker(code, { eval: true, execArgv: [], workerData: { title, seed, progress, seconds: HANG_SECONDS } });
}
