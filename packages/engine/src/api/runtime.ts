import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import { processMaker } from "../cache/maker.ts";
import { follow } from "./follow.ts";
import { jobEvent, type JobEvent } from "./events.ts";

/** The system's clock and chance: what a program's jobs run with. */
export const SYSTEM: Pick<Runtime, "clock" | "random"> = {
  clock: {
    now: () => new Date(),
    sleep: async (ms, signal) => {
      try {
        await wait(ms, undefined, { signal });
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    },
  },
  random: { bytes: (n) => randomBytes(n) },
};

/** Where targets are looked for, and proxies and regions. Read when it is asked for: a program may change it. */
export function surroundings(): { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> } {
  return { cwd: process.cwd(), env: process.env };
}

/** One job under way. */
export interface JobRun extends Disposable {
  readonly runtime: Runtime;
  /** What the job's error is for the program: an abort is always `run.aborted`, whatever the signal gave as reason. */
  readonly error: (error: unknown) => unknown;
}

/**
 * @param signals end the job; nothing of it hangs on them once it is disposed of, however long they live (`AbortSignal.any` leaves something behind)
 * @param onEvent what it throws ends the job: the engine is never left in the middle of something
 */
export function beginJob(signals: readonly AbortSignal[], onEvent: ((event: JobEvent) => void) | undefined): JobRun {
  const stop = new AbortController();
  const { signal } = stop;
  const links = signals.map((outer) => follow(outer, () => stop.abort(outer.reason)));
  const maker = processMaker(hostname());
  const emit: Runtime["emit"] = (event) => {
    if (!onEvent || signal.aborted) return;
    try {
      onEvent(jobEvent(event));
    } catch (error) {
      stop.abort(error);
    }
  };
  return {
    runtime: { ...SYSTEM, ...(maker && { maker }), emit, signal },
    error(error) {
      if (!signal.aborted || isDoppelError(error, "run.aborted") || error !== signal.reason) return error;
      const message = "the job was ended before its end; nothing complete was changed";
      return new DoppelError("run.aborted", message, {}, error);
    },
    [Symbol.dispose]() {
      for (const unlink of links) unlink();
    },
  };
}
