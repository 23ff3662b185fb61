import { DoppelError, displayPath, isDoppelError, type Runtime } from "@doppel/base";
import { type BackupSet, type Chain, formatTime, type Manifest } from "@doppel/format";
import type { BackupJob } from "../job.ts";
import type { ReadContext } from "../read/context.ts";
import { readManifest } from "../read/metadata.ts";
import { announceCollection } from "../read/announce-collection.ts";
import { readTarget, refuseConflicts, type Target } from "../read/target.ts";

/** What the run is going to make: a full set, or one that continues a chain. */
export type Choice =
  | { readonly kind: "full" }
  /** `base`: the sets of the chain, oldest first; `end`: where it ends now. */
  | { readonly kind: "inc"; readonly base: readonly BackupSet[]; readonly end: Date };

const NONE = "there is no backup yet";

/**
 * Decides between a full and an incremental backup, as duplicity does: a job for "full" asks nobody; otherwise the newest
 * chain is continued when it has all its signatures and is not too old.
 * @throws collection.no-chain for an "inc" job without such a chain, source.mismatch
 */
export async function choose(job: BackupJob, context: ReadContext): Promise<Choice> {
  const { deps, runtime } = context;
  if (job.kind === "full") {
    if (job.announce) await tryToAnnounce(context);
    return { kind: "full" };
  }
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  await announceCollection(target, deps.archiveDir, job.prefixes, runtime);
  const chain = target.collection.chains.at(-1);
  const full = (why: "too-old" | "no-signatures", reason: string): Choice => {
    runtime.emit({ type: "debug", detail: `${reason}: making a full backup` });
    runtime.emit({ type: "full.forced", why });
    return { kind: "full" };
  };
  // Having none counts as too old (duplicity-cli.md 7).
  if (job.fullIfOlderThan && !(chain && chain.start >= job.fullIfOlderThan))
    return full("too-old", "the last full backup is too old");
  tellOfOrphans(target, runtime);
  const obstacle = obstacleTo(chain);
  if (!chain || obstacle) {
    if (job.kind === "inc") throw noChain(deps.storage.label, obstacle ?? NONE);
    if (obstacle)
      runtime.emit({ type: "notice", reason: "metadata", incomplete: false, detail: `${obstacle}: this is a full backup` });
    return full("no-signatures", obstacle ?? NONE);
  }
  const base = [chain.full, ...chain.incrementals];
  refuseConflicts(target, base, deps.storage.label);
  const newest = base.at(-1) ?? chain.full;
  checkSameSource(job, await readManifest(newest, context));
  return { kind: "inc", base, end: chain.end };
}

/** Whoever may only write to the target can make a full backup all the same. */
async function tryToAnnounce({ deps, prefixes, runtime }: ReadContext): Promise<void> {
  try {
    await announceCollection(await readTarget(deps.storage, prefixes, runtime.signal), deps.archiveDir, prefixes, runtime);
  } catch (error) {
    if (!isDoppelError(error, "storage.denied")) throw error;
  }
}

/** Backups that nobody can restore as they lie there are worth a line, before more are made beside them. */
function tellOfOrphans({ collection: { orphaned } }: Target, runtime: Runtime): void {
  if (orphaned.length === 0) return;
  const what = orphaned.length === 1 ? "1 increment at the target is" : `${orphaned.length} increments at the target are`;
  const detail = `${what} orphaned: what builds on a backup that is not in the chain cannot be restored; status tells more`;
  runtime.emit({ type: "notice", reason: "foreign-set", incomplete: false, detail });
}

function obstacleTo(chain: Chain | undefined): string | undefined {
  if (!chain || chain.hasSignatures) return undefined;
  return `the newest chain, of ${formatTime(chain.start)}, lacks a signature archive and cannot be continued`;
}

function noChain(target: string, reason: string): DoppelError {
  const message = `${target} has nothing that an incremental backup could continue: ${reason}; make a full backup first`;
  return new DoppelError("collection.no-chain", message, { target });
}

/** A chain that goes on with another host's or another folder's files is almost always a mistake (spec 2.3). */
function checkSameSource(job: BackupJob, { hostname, localDir }: Manifest): void {
  if (job.allowSourceMismatch) return;
  if (hostname !== undefined && shortName(hostname) !== shortName(job.hostname)) throw mismatch("host", hostname, job.hostname);
  if (localDir !== undefined && localDir !== job.source) throw mismatch("folder", localDir, job.source);
}

/** Whether a manifest is of this job's host and folder, as far as it tells. */
export function isSameSource(job: BackupJob, { hostname, localDir }: Manifest): boolean {
  if (localDir !== undefined && localDir !== job.source) return false;
  return hostname === undefined || job.allowSourceMismatch || shortName(hostname) === shortName(job.hostname);
}

function shortName(hostname: string): string {
  return hostname.split(".", 1)[0] ?? hostname;
}

function mismatch(what: "host" | "folder", before: BackupJob["source"], now: BackupJob["source"]): DoppelError {
  const message = `the backup so far is of ${what} ${displayPath(before)}, this one would be of ${what} ${displayPath(now)}; use another target, make a full backup, or give --allow-source-mismatch`;
  return new DoppelError("source.mismatch", message, { what, before: displayPath(before), now: displayPath(now) });
}
