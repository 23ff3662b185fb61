import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Bound } from "./bounds.ts";
import type { Machine } from "./machine.ts";
import type { Measurement } from "./measure.ts";

/** Who is measured: doppel, or what it is compared with. */
export type Side = "doppel" | "peer";

/** One run of one job. */
export interface Run extends Measurement {
  /** Of jobs that store something. */
  readonly storedMegabytes?: number;
}

export interface JobResult {
  readonly id: string;
  readonly name: string;
  /** The other program. */
  readonly peer: string;
  readonly bounds: readonly Bound[];
  /** In the order of the pairs. */
  readonly runs: Readonly<Record<Side, readonly Run[]>>;
  /** Read from the target in one cold run; see page-cache.ts. */
  readonly readMegabytes?: Readonly<Record<Side, number>>;
}

/** One part of the pipeline by itself. */
export interface StageResult {
  readonly id: string;
  readonly name: string;
  readonly of: "backup" | "restore";
  /** Not a part but the command as a whole. */
  readonly whole?: boolean;
  /** That pass through it; source bytes are those of the whole section. */
  readonly megabytes: number;
  readonly seconds: readonly number[];
}

export interface ScalingPoint {
  readonly what: string;
  readonly threads: number;
  /** That it was allowed to use. */
  readonly cores: number;
  readonly seconds: readonly number[];
}

export interface MemoryResult extends Measurement {
  readonly tree: string;
  readonly command: string;
}

/** When and on what a section was measured: sections may be of different runs. */
interface Section {
  readonly date: string;
  readonly machine: Machine;
}

export interface JobsSection extends Section {
  readonly pairs: number;
  readonly files: number;
  readonly megabytes: number;
  readonly bigMegabytes: number;
  readonly results: readonly JobResult[];
  /** Programs that are not installed: jobs that need them were left out. */
  readonly absent: readonly string[];
}

export interface StagesSection extends Section {
  readonly sourceMegabytes: number;
  readonly files: number;
  readonly results: readonly StageResult[];
}

export interface ScalingSection extends Section {
  readonly sourceMegabytes: number;
  readonly results: readonly ScalingPoint[];
}

export interface MemorySection extends Section {
  readonly results: readonly MemoryResult[];
}

/** The file that `--json` writes. */
export interface Results {
  readonly jobs?: JobsSection;
  readonly stages?: StagesSection;
  readonly scaling?: ScalingSection;
  readonly memory?: MemorySection;
}

/** @throws Error when there is no such file, or it is none of ours */
export function readResults(file: string): Results {
  if (!existsSync(file)) throw new Error(`${file} does not exist; make it with --json ${file}`);
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}

/** Puts sections into the file; those of earlier runs that were not measured again stay, and so do jobs of as many pairs on the same trees. */
export function addResults(file: string, sections: Results): void {
  const earlier = existsSync(file) ? readResults(file) : {};
  const jobs = sections.jobs && { ...sections.jobs, results: withEarlier(earlier.jobs, sections.jobs) };
  writeFileSync(file, `${JSON.stringify({ ...earlier, ...sections, ...(jobs && { jobs }) }, null, 2)}\n`);
}

function withEarlier(earlier: JobsSection | undefined, now: JobsSection): readonly JobResult[] {
  // The section has one heading for all of them.
  const same = (["pairs", "files", "megabytes", "bigMegabytes"] as const).every((key) => earlier?.[key] === now[key]);
  const measured = new Map(now.results.map((result) => [result.id, result]));
  const kept = earlier && same ? earlier.results.map((result) => measured.get(result.id) ?? result) : [];
  return [...kept, ...now.results.filter(({ id }) => !kept.some((result) => result.id === id))];
}
