import type { RunEvent } from "./events.ts";

/** Everything a run needs from the outside world. Nothing else reads a clock, randomness or the environment. */
export interface Runtime {
  readonly clock: { now(): Date };
  readonly random: { bytes(n: number): Uint8Array };
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}
