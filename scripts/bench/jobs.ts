import type { Measurement } from "./measure.ts";
import type { Program } from "./programs.ts";

export interface Figures extends Measurement {
  /** 0 for jobs that store nothing. */
  readonly storedMegabytes: number;
}

interface Places {
  readonly source: string;
  readonly target: string;
  readonly out: string;
  readonly outOne: string;
  /** A small file in the middle of the backup. */
  readonly wanted: string;
  readonly key: string;
}

export interface Job {
  readonly name: string;
  /** false: only prepares for a later one. */
  readonly measured: boolean;
  readonly onBigFile?: boolean;
  /** With an empty archive directory: everything must come from the target. */
  readonly coldCache?: boolean;
  readonly stores?: boolean;
  args(program: Program, places: Places): readonly string[];
}

const list = (program: Program): string => (program === "doppel" ? "list" : "list-current-files");

export const JOBS: readonly Job[] = [
  {
    name: "full, encrypted",
    measured: true,
    stores: true,
    args: (_, { key, source, target }) => ["full", "--encrypt-key", key, source, target],
  },
  {
    name: "increment, nothing changed",
    measured: true,
    args: (_, { key, source, target }) => ["incremental", "--encrypt-key", key, source, target],
  },
  { name: "restore everything", measured: true, args: (_, { target, out }) => ["restore", target, out] },
  {
    name: "restore one file, cold cache",
    measured: true,
    coldCache: true,
    args: (_, { target, outOne, wanted }) => ["restore", "--file-to-restore", wanted, target, outOne],
  },
  { name: "list, cold cache", measured: true, coldCache: true, args: (program, { target }) => [list(program), target] },
  {
    name: "(full of the big file)",
    measured: false,
    onBigFile: true,
    args: (_, { key, source, target }) => ["full", "--encrypt-key", key, source, target],
  },
  {
    name: "increment, 300 edits in one big file",
    measured: true,
    onBigFile: true,
    args: (_, { key, source, target }) => ["incremental", "--encrypt-key", key, source, target],
  },
];
