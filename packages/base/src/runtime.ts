import type { RunEvent } from "./events.ts";
import type { Maker } from "./maker.ts";

/** Everything a run needs from the outside world. Nothing else reads a clock, randomness or the environment. */
export interface Runtime {
  /** The time, and waiting for it. */
  readonly clock: {
    now(): Date;
    /** Rejects with the signal's reason when it is aborted. */
    sleep(ms: number, signal: AbortSignal): Promise<void>;
  };
  /** A generator that is fit for keys. */
  readonly random: { bytes(n: number): Uint8Array };
  /** Marks temporary files. Without it they are made, and those of killed runs stay. */
  readonly maker?: Maker;
  /** Told what happens, in order. What it throws is not caught. */
  readonly emit: (event: RunEvent) => void;
  /** Ends the run, which then rejects with its reason. */
  readonly signal: AbortSignal;
}
