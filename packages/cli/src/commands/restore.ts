import { displayPath } from "@doppel/base";
import { restore as restoreBackup } from "@doppel/engine";
import { argument, type Command, outcomeOf } from "../session.ts";
import { checkTarget, prefixesOf, stateOf } from "../wire.ts";
import { tellingIfNewer, withReadDeps } from "./reading.ts";

/** `doppel restore URL TARGET` */
export const restore: Command = async (session) => {
  const { invocation, runtime, renderer } = session;
  const { settings } = invocation;
  const target = argument(invocation, "TARGET");
  const started = runtime.clock.now();
  const job = {
    target,
    ...stateOf(settings, started),
    prefixes: prefixesOf(settings),
    force: settings.force,
    numericOwner: settings["numeric-owner"],
    restoreOwner: !settings["no-restore-ownership"],
    verbose: settings.verbosity >= 5,
  };
  checkTarget(target, settings.force);
  return withReadDeps(session, async (deps) => {
    const report = await restoreBackup(job, deps, tellingIfNewer(runtime, job.time));
    const seconds = (runtime.clock.now().getTime() - started.getTime()) / 1000;
    renderer.result({ kind: "restore", report, seconds, target: displayPath(target) });
    return outcomeOf(report.incomplete);
  });
};
