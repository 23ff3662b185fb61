import { displayPath } from "@doppel/base";
import { verify as verifyBackup } from "@doppel/engine/internal";
import { argument, type Command, outcomeOf } from "../session.ts";
import { checkFolder, verifyJob } from "../wire.ts";
import { tellingIfNewer, withReadDeps } from "./reading.ts";

/** `doppel verify URL DIR` */
export const verify: Command = (session) => {
  const { invocation, runtime, renderer } = session;
  const { settings, rules } = invocation;
  const started = runtime.clock.now();
  const job = verifyJob(argument(invocation, "DIR"), settings, rules, started);
  checkFolder(job.source);
  return withReadDeps(session, async (deps) => {
    const report = await verifyBackup(job, deps, tellingIfNewer(runtime, job.time));
    const seconds = (runtime.clock.now().getTime() - started.getTime()) / 1000;
    const path = job.path === undefined ? {} : { path: displayPath(job.path) };
    renderer.result({ kind: "verify", report, seconds, comparedData: job.compareData, ...path });
    if (report.badVolumes > 0 || report.lost > 0) return "damaged";
    return report.differences > 0 ? "different" : outcomeOf(report.incomplete);
  });
};
