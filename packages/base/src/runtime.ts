import type { RunEvent } from "./events.ts";

/** Everything a run needs from the outside world. Nothing else reads a clock, randomness or the environment. */
export interface Runtime {
  readonly clock: {
    now(): Date;
    /** Rejects with the signal's reason when it is aborted. */
    sleep(ms: number, signal: AbortSignal): Promise<void>;
  };
  readonly random: { bytes(n: number): Uint8Array };
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}
