import { displayPath, DoppelError, type Runtime } from "@doppel/base";
import { restore as restoreBackup } from "@doppel/engine/internal";
import { argument, type Command, outcomeOf } from "../session.ts";
import { thawOf } from "../s3-settings.ts";
import { checkTarget, prefixesOf, renamesOf, stateOf, threadsOf } from "../wire.ts";
import { tellingIfNewer, withReadDeps } from "./reading.ts";

/** Said once, for all entries: it is no fault of the restore, whose exit code stays 0. */
const OWNERS_NEED_ROOT = {
  type: "notice",
  reason: "owner",
  incomplete: false,
  detail: "owners are not restored: that needs root",
} as const;

/** `doppel restore URL TARGET` */
export const restore: Command = async (session) => {
  const { invocation, environment, runtime, renderer } = session;
  const { settings } = invocation;
  const target = argument(invocation, "TARGET");
  const started = runtime.clock.now();
  const job = {
    target,
    ...stateOf(settings, started),
    prefixes: prefixesOf(settings),
    ...thawOf(settings),
    useIndex: !settings["no-index"],
    keepGoing: goesOn(session),
    careful: session.texts === "doppel",
    threads: threadsOf(settings),
    force: settings.force,
    dryRun: settings["dry-run"],
    renames: renamesOf(settings),
    numericOwner: settings["numeric-owner"],
    restoreOwner: environment.isRoot && !settings["no-restore-ownership"],
    leaveSpecial: session.texts === "doppel" && settings["no-restore-ownership"],
    verbose: settings.verbosity >= 5,
  };
  checkTarget(target, settings.force);
  return withReadDeps(session, async (deps) => {
    const losses = countingLosses(tellingIfNewer(runtime, job.time));
    const report = await restoreBackup(job, deps, losses.runtime);
    if (!environment.isRoot && !settings["no-restore-ownership"]) runtime.emit(OWNERS_NEED_ROOT);
    const seconds = (runtime.clock.now().getTime() - started.getTime()) / 1000;
    renderer.result({ kind: "restore", report, seconds, target: displayPath(target), dryRun: job.dryRun });
    if (session.texts !== "doppel" && (report.lost > 0 || report.badVolumes > 0)) return "damaged";
    return losses.count > 0 && session.texts !== "doppel" ? "unrestored" : outcomeOf(report.incomplete);
  });
};

/** Beside damaged volumes: doppel does unless it shall not, duplicity stops unless it shall go on. @throws cli.usage for both */
function goesOn({ invocation: { settings }, texts }: Parameters<Command>[0]): boolean {
  const { "fail-fast": stops, "keep-going": goes } = settings;
  if (!stops || !goes) return texts === "doppel" ? !stops : goes;
  const message = "--fail-fast cannot stand beside --keep-going: leave out one or the other";
  throw new DoppelError("cli.usage", message, { option: "--fail-fast" });
}

/** Of what is not as it was, what matters to `duplicity`, which exits with 0 when no more than owners or times are missing. */
function countingLosses(runtime: Runtime): { readonly runtime: Runtime; readonly count: number } {
  let count = 0;
  const emit: Runtime["emit"] = (event) => {
    if (event.type === "notice" && event.incomplete && event.reason !== "owner" && event.reason !== "attributes") count++;
    runtime.emit(event);
  };
  return {
    runtime: { ...runtime, emit },
    get count() {
      return count;
    },
  };
}
