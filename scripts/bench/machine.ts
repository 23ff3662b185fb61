import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { findProgram } from "./programs.ts";

/** What figures depend on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGigabytes: number;
  readonly kernel: string;
  readonly node: string;
  /** The first line of what each says of its version; those that are not installed are missing. */
  readonly programs: Readonly<Record<string, string>>;
}

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  duplicity: ["--version"],
  gpg: ["--version"],
  tar: ["--version"],
  rdiff: ["--version"],
  restic: ["version"],
  borg: ["--version"],
};

export function describeMachine(): Machine {
  const programs: Record<string, string> = {};
  for (const [name, args] of Object.entries(PROGRAMS)) {
    const path = findProgram(name);
    if (path === undefined) continue;
    const { stdout, stderr } = spawnSync(path, args, { encoding: "utf8" });
    programs[name] = `${stdout}${stderr}`.trim().split("\n")[0]!.trim();
  }
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    memoryGigabytes: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.versions.node,
    programs,
  };
}

/** For the line above a table. */
export function machineText({ cores, cpu, memoryGigabytes, node }: Machine): string {
  return `${cores} ${cores === 1 ? "core" : "cores"} (${cpu}), ${memoryGigabytes} GB, Node ${node}`;
}
