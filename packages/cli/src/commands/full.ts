import { displayPath } from "@doppel/base";
import { backup, checkBackup } from "@doppel/engine";
import { archiveDirOf, tempDirOf } from "../locations.ts";
import { argument, type Command } from "../session.ts";
import { backupJob, envelopeOf, openTarget } from "../wire.ts";

/** `doppel full SOURCE URL` */
export const full: Command = async (session) => {
  const { invocation, environment, runtime, renderer } = session;
  const { settings, rules } = invocation;
  const url = argument(invocation, 1);
  const started = runtime.clock.now();
  const job = backupJob(argument(invocation, 0), settings, rules, { now: started, countTotals: session.showsProgress });
  checkBackup(job);
  const tempDir = tempDirOf(settings, environment);
  const envelope = await envelopeOf({ ...session, settings });
  await using storage = await openTarget(url, "write", environment, runtime);
  const archiveDir = archiveDirOf(url, settings, environment);
  const report = await backup(job, { storage, envelope, archiveDir, tempDir }, runtime);
  const seconds = (runtime.clock.now().getTime() - started.getTime()) / 1000;
  renderer.result({
    kind: "backup",
    report,
    seconds,
    restoreWith: `${session.program} restore ${quoted(displayPath(url))} TARGET`,
  });
  return report.incomplete;
};

/** As one word for a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
