import { type Ground, heedSignals } from "./ground.ts";
import { allJobs, chosenJobs } from "./jobs/all.ts";
import type { Job } from "./jobs/job.ts";
import { describeMachine } from "./machine.ts";
import { findProgram } from "./programs.ts";
import type { JobResult, JobsSection, Run, Side } from "./results.ts";

/** Runs every job `pairs` times for doppel and for what it is compared with. Tells each run as it ends. */
export async function runJobs(
  ground: Ground,
  options: { readonly pairs: number; readonly ids?: readonly string[] },
): Promise<JobsSection> {
  const date = new Date().toISOString();
  const absent = new Set<string>();
  const jobs = chosenJobs(allJobs(ground), options.ids).filter((job) => {
    const missing = job.needs.filter((name) => findProgram(name) === undefined);
    for (const name of missing) {
      absent.add(name);
      console.log(`SKIPPED ${job.id}: ${name} is not installed`);
    }
    return missing.length === 0;
  });
  const runs = new Map<Job, Record<Side, Run[]>>(jobs.map((job) => [job, { doppel: [], peer: [] }]));
  for (let pair = 1; pair <= options.pairs; pair++) {
    for (const job of jobs) {
      job.prepare?.(pair);
      for (const side of orderOf(pair)) {
        await heedSignals();
        const run = job.run(side, pair);
        runs.get(job)![side].push(run);
        console.log(`pair ${pair}  ${job.id.padEnd(19)} ${(side === "doppel" ? "doppel" : job.peer).padEnd(25)} ${textOf(run)}`);
      }
    }
    ground.endPair();
  }
  const results = jobs.map((job): JobResult => {
    const { id, name, peer, bounds } = job;
    const read = { doppel: job.readMegabytes?.("doppel"), peer: job.readMegabytes?.("peer") };
    const { doppel, peer: others } = read;
    const told = doppel !== undefined && others !== undefined;
    return { id, name, peer, bounds, runs: runs.get(job)!, ...(told && { readMegabytes: { doppel, peer: others } }) };
  });
  const { files, megabytes, bigMegabytes } = ground.sizes;
  return { date, machine: describeMachine(), pairs: options.pairs, files, megabytes, bigMegabytes, results, absent: [...absent] };
}

/** The state of memory, caches and disk drifts while we measure: so neither always comes first. */
export function orderOf(pair: number): readonly Side[] {
  return pair % 2 === 1 ? ["doppel", "peer"] : ["peer", "doppel"];
}

function textOf(run: Run): string {
  return [
    `${run.wallSeconds.toFixed(2)} s`.padStart(9),
    `${run.cpuSeconds.toFixed(2)} CPU s`.padStart(12),
    `${run.peakMegabytes.toFixed(0)} MB RSS`.padStart(12),
    run.storedMegabytes === undefined ? "" : `${run.storedMegabytes.toFixed(1)} MB stored`.padStart(17),
  ].join(" ");
}
