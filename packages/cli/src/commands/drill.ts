import { DoppelError, pathFromText, type Runtime } from "@doppel/base";
import { disprovesRestore, type DrillReport, drill as drillBackup, type ReadDeps } from "@doppel/engine/internal";
import { type DrillRun, recordDrill } from "@doppel/monitor";
import { localPath } from "../locations.ts";
import { innerPath } from "../option.ts";
import { openProfiles } from "../profiles/open-profiles.ts";
import { drillData, drillText } from "../render/drill.ts";
import { thawOf } from "../s3-settings.ts";
import { type Command, causeOf, type Session } from "../session.ts";
import { prefixesOf, random } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

const FILES = 20;

/** `doppel drill URL`: 0 what was tried can be restored, 1 something cannot, 3 it can, and there is something to look at. */
export const drill: Command = (session) =>
  withReadDeps(session, async (deps) => {
    const report = await tried(session, deps);
    const recorded = await record(session, runOf(report, session.runtime.clock.now()));
    const warnings = recorded.kind === "failed" ? [...report.warnings, recorded.detail] : report.warnings;
    const whole = { ...report, warnings };
    session.renderer.result({
      kind: "page",
      name: "drill",
      text: drillText(whole, recorded.detail),
      data: { ...drillData(whole), recorded: recorded.kind === "written" },
    });
    return { exit: report.problems.length > 0 ? 1 : warnings.length > 0 ? 3 : 0 };
  });

/** A drill that ends with an error which says that nothing can be restored is a drill too, and has failed. */
async function tried(session: Session, deps: ReadDeps): Promise<DrillReport> {
  const { invocation, profile, runtime } = session;
  const { settings } = invocation;
  const started = runtime.clock.now();
  const job = {
    files: settings.files ?? profile?.drill?.files ?? FILES,
    seed: settings.seed ?? Buffer.from(random.bytes(4)).readUInt32LE(),
    paths: [...(profile?.drill?.paths ?? []).map((path) => innerPath(pathFromText(path))), ...settings.path],
    useIndex: !settings["no-index"],
    ...thawOf(settings),
    prefixes: prefixesOf(settings),
  };
  if (job.files === 0 && job.paths.length === 0) {
    throw new DoppelError("cli.usage", "--files 0 without --path tries no file at all; name some with --path", {
      option: "--files",
    });
  }
  try {
    return await drillBackup(job, deps, runtime);
  } catch (error) {
    const cause = causeOf(error, runtime.signal);
    if (disprovesRestore(cause)) await record(session, failedRun(cause.message, started, runtime));
    throw error;
  }
}

type Recorded = { readonly kind: "written" | "nowhere" | "failed"; readonly detail: string };

/** For the monitor, which reminds when nobody has proven a restore for long. */
async function record({ profile, invocation, environment }: Session, run: DrillRun): Promise<Recorded> {
  if (profile === undefined) {
    return { kind: "nowhere", detail: "Not recorded for the monitor: that needs a profile (doppel drill @NAME)." };
  }
  const given = invocation.settings.profiles;
  const { monitor } = await openProfiles(given === undefined ? undefined : localPath(given), environment);
  try {
    await recordDrill(monitor.state, profile.name, run);
    return { kind: "written", detail: `Recorded for the monitor in ${monitor.state}.` };
  } catch (error) {
    const detail = `the drill could not be recorded in ${monitor.state} (monitor.state of the profiles file): ${(error as Error).message}`;
    return { kind: "failed", detail };
  }
}

function runOf(report: DrillReport, now: Date): DrillRun {
  const { files, bytes, seconds, volumeBytes, volumeSeconds, set, problems } = report;
  const bytesPerSecond = volumeSeconds > 0 ? Math.round(volumeBytes / volumeSeconds) : 0;
  const facts = { files, bytes, seconds, bytesPerSecond, set: set.toISOString() };
  return { time: now.toISOString(), ok: problems.length === 0, ...facts, problems: [...problems] };
}

function failedRun(problem: string, started: Date, { clock }: Runtime): DrillRun {
  const now = clock.now();
  const seconds = (now.getTime() - started.getTime()) / 1000;
  const none = { files: 0, bytes: 0, bytesPerSecond: 0, set: now.toISOString() };
  return { time: now.toISOString(), ok: false, seconds, ...none, problems: [problem] };
}
