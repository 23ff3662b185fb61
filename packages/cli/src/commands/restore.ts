import { displayPath } from "@doppel/base";
import { restore as restoreBackup } from "@doppel/engine";
import { argument, type Command } from "../session.ts";
import { checkTarget, prefixesOf, timeOf } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

/** `doppel restore URL TARGET` */
export const restore: Command = async (session) => {
  const { invocation, runtime, renderer } = session;
  const { settings } = invocation;
  const target = argument(invocation, 1);
  const started = runtime.clock.now();
  const job = {
    target,
    ...timeOf(settings, started),
    prefixes: prefixesOf(settings),
    force: settings.force,
    numericOwner: settings["numeric-owner"],
    restoreOwner: !settings["no-restore-ownership"],
    verbose: settings.verbosity >= 5,
  };
  checkTarget(target, settings.force);
  return withReadDeps(session, async (deps) => {
    const report = await restoreBackup(job, deps, runtime);
    const seconds = (runtime.clock.now().getTime() - started.getTime()) / 1000;
    renderer.result({ kind: "restore", report, seconds, target: displayPath(target) });
    return report.incomplete;
  });
};
