import type { Ground } from "../ground.ts";
import { backupJobs } from "./backup.ts";
import { incrementJobs } from "./increment.ts";
import type { Job } from "./job.ts";
import { otherProgramsJobs } from "./other-programs.ts";
import { rdiffJob } from "./rdiff.ts";
import { readJobs } from "./read.ts";
import { startupJobs } from "./startup.ts";
import { statusJob } from "./status.ts";

/** In the order in which a pair goes through them. */
export function allJobs(ground: Ground): readonly Job[] {
  return [
    ...backupJobs(ground),
    ...readJobs(ground),
    ...otherProgramsJobs(ground),
    statusJob(ground),
    ...startupJobs(ground),
    ...incrementJobs(ground),
    rdiffJob(ground),
  ];
}

/** What `--jobs` names, or all but those on request. @throws Error for a name that is none */
export function chosenJobs(jobs: readonly Job[], ids: readonly string[] | undefined): readonly Job[] {
  if (ids === undefined) return jobs.filter(({ onRequest }) => onRequest !== true);
  for (const id of ids) {
    if (!jobs.some((job) => job.id === id)) {
      throw new Error(`--jobs: there is no job ${id}; there are ${jobs.map((job) => job.id).join(", ")}`);
    }
  }
  return jobs.filter(({ id }) => ids.includes(id));
}
