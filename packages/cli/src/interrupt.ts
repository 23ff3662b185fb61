import { DoppelError } from "@doppel/base";
import { SIGNALS, type StopSignal } from "./exit-codes.ts";

/** The one abort signal of a run. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops the run as if the process had got that signal. */
  stop(by: StopSignal): void;
  /** What stopped it, if anything did. */
  stoppedBy(): StopSignal | undefined;
}

/** Bound to the signals that ask a process to end. The first one stops the run in an orderly way, the second one at once. */
export function interruptBySignals(exit: (code: number) => void): Interrupt {
  const controller = new AbortController();
  let stoppedBy: StopSignal | undefined;
  const stop = (by: StopSignal): void => {
    if (stoppedBy !== undefined) return exit(SIGNALS[by]);
    stoppedBy = by;
    controller.abort(
      new DoppelError("run.aborted", `stopped by ${by}: what was begun is not finished, and nothing complete was changed`, {}),
    );
  };
  for (const name of Object.keys(SIGNALS) as StopSignal[]) process.on(name, () => stop(name));
  return { signal: controller.signal, stop, stoppedBy: () => stoppedBy };
}
