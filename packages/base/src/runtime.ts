import type { RunEvent } from "./events.ts";
import type { Maker } from "./maker.ts";

/** Everything a run needs from the outside world. Nothing else reads a clock, randomness or the environment. */
export interface Runtime {
  readonly clock: {
    now(): Date;
    /** Rejects with the signal's reason when it is aborted. */
    sleep(ms: number, signal: AbortSignal): Promise<void>;
  };
  readonly random: { bytes(n: number): Uint8Array };
  /** Marks temporary files. Without it they are made, and those of killed runs stay. */
  readonly maker?: Maker;
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}
