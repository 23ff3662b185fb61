import type { Bound } from "../bounds.ts";
import type { Program } from "../programs.ts";
import type { Run, Side } from "../results.ts";

/** Something that doppel and another program do in turn. */
export interface Job {
  /** For `--jobs`. */
  readonly id: string;
  readonly name: string;
  /** The other program. */
  readonly peer: string;
  /** Programs that must be installed. */
  readonly needs: readonly string[];
  readonly bounds: readonly Bound[];
  /** Only when it is asked for. */
  readonly onRequest?: boolean;
  /** What both sides must have done before either is measured. */
  prepare?(pair: number): void;
  run(side: Side, pair: number): Run;
  /** Once, at the end: megabytes of the target that the job reads, where that can be told. */
  readMegabytes?(side: Side): number | undefined;
}

export const programOf = (side: Side): Program => (side === "doppel" ? "doppel" : "duplicity");

/** What is kept of a run. */
export function figures({ wallSeconds, cpuSeconds, peakMegabytes }: Run, storedMegabytes?: number): Run {
  return { wallSeconds, cpuSeconds, peakMegabytes, ...(storedMegabytes !== undefined && { storedMegabytes }) };
}
