import { cleanup as cleanUp, type DeleteDeps, retain, type RetentionPolicy, SAFETY_AGE_MS } from "@doppel/engine/internal";
import { archiveDirOf } from "../locations.ts";
import { wholeNumber } from "../option.ts";
import { argument, type Command, type Outcome, outcomeOf, type Session } from "../session.ts";
import { keepPolicy, openTarget, prefixesOf, timeIn } from "../wire.ts";

/** `doppel remove-older-than TIME URL` */
export const removeOlderThan: Command = (session) => {
  const time = timeIn(argument(session.invocation, "TIME"), session.runtime.clock.now());
  return retaining(session, { kind: "remove-older-than", time });
};

/** `doppel remove-all-but-n-full N URL` */
export const removeAllButNFull: Command = (session) =>
  retaining(session, { kind: "remove-all-but-n-full", count: countOf(session) });

/** `doppel remove-all-inc-of-but-n-full N URL` */
export const removeAllIncOfButNFull: Command = (session) =>
  retaining(session, { kind: "remove-all-inc-of-but-n-full", count: countOf(session) });

/** `doppel prune URL` */
export const prune: Command = (session) => retaining(session, keepPolicy(session.invocation.settings));

/** `doppel cleanup URL` */
export const cleanup: Command = (session) =>
  deleting(session, async (force, deps) => {
    const { settings } = session.invocation;
    // Stock has no such age; what this machine is writing now is safe by the lock of the archive directory.
    const minimumAgeMs = settings["even-recent"] || session.texts !== "doppel" ? 0 : SAFETY_AGE_MS;
    const report = await cleanUp({ prefixes: prefixesOf(settings), force, minimumAgeMs }, deps, session.runtime);
    session.renderer.result({ kind: "cleanup", report, dryRun: settings["dry-run"] });
    return "complete";
  });

function retaining(session: Session, policy: RetentionPolicy) {
  return deleting(session, async (force, deps) => {
    const { settings } = session.invocation;
    const report = await retain({ policy, prefixes: prefixesOf(settings), force }, deps, session.runtime);
    session.renderer.result({ kind: "retention", report, dryRun: settings["dry-run"] });
    return outcomeOf(report.plan.kept.filter(({ damage }) => damage.length > 0).length);
  });
}

/**
 * `--dry-run` wins: who gives both wants to see. The target is opened for reading, because a mistyped one must not be made; but
 * scripts made for stock tidy up before their first backup.
 */
async function deleting(session: Session, use: (force: boolean, deps: DeleteDeps) => Promise<Outcome>): Promise<Outcome> {
  const { invocation, environment } = session;
  const { settings } = invocation;
  const url = argument(invocation, "URL");
  await using storage = await openTarget(url, session.texts === "doppel" ? "read" : "write", session);
  return use(settings.force && !settings["dry-run"], { storage, archiveDir: archiveDirOf(url, settings, environment) });
}

function countOf({ invocation }: Session): number {
  return wholeNumber(1)(argument(invocation, "N"));
}
