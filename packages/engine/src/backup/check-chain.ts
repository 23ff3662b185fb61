import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import { type BackupSet, formatTime, type NamePrefixes, type SetId } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { Notice } from "../read/left-out.ts";
import { readTarget } from "../read/target.ts";

/**
 * Makes sure, before a manifest says so, that an increment still continues the newest chain: another machine may have stored a backup
 * meanwhile, or deleted one. Two increments on one backup are a fork, of which every duplicity takes one and passes over the other; a newer
 * full backup hides an increment of the chain before it. Where the credentials do not allow listing, nobody looks.
 * @throws collection.inconsistent
 */
export async function checkChain(
  { kind, start, end }: SetId,
  { storage, prefixes, runtime }: { readonly storage: Storage; readonly prefixes: NamePrefixes; readonly runtime: Runtime },
): Promise<void> {
  if (kind === "full") return;
  await unlessRefused(runtime, async () => {
    const { collection } = await readTarget(storage, prefixes, runtime.signal);
    const newest = collection.chains.at(-1);
    if (newest?.end.getTime() === start.getTime()) return;
    const of = formatTime(start);
    const isNewer = newest !== undefined && newest.end > start;
    const reason = isNewer ? `another, of ${formatTime(newest.end)}, has been stored there since` : "that is not there any more";
    const name = isNewer ? (newest.incrementals.at(-1) ?? newest.full).manifest : undefined;
    const message = `${storage.label}: this increment, of ${formatTime(end)}, continues the backup of ${of}, and ${reason}: it could not be restored. What is there is sound; run it again, and let one machine at a time back up to a target`;
    throw new DoppelError("collection.inconsistent", message, { names: name === undefined ? [] : [name], reason });
  });
}

/**
 * Looks once more when the manifest is there: of two machines that both looked before either had stored its manifest, the one that is
 * done last sees what both have done, and says so. Nothing can be taken back then.
 */
export async function tellOfRivals(
  { kind, start, end }: SetId,
  { storage, prefixes, runtime }: { readonly storage: Storage; readonly prefixes: NamePrefixes; readonly runtime: Runtime },
  notice: (notice: Notice) => void,
): Promise<void> {
  await unlessRefused(
    runtime,
    async () => {
      const { collection } = await readTarget(storage, prefixes, runtime.signal);
      const { chains, superseded } = collection;
      const isOwn = ({ id }: BackupSet): boolean =>
        id.kind === kind && id.end.getTime() === end.getTime() && id.start.getTime() === start.getTime();
      const rivals = [...chains.flatMap(({ full, incrementals }) => [full, ...incrementals]), ...superseded].filter(
        (set) => !isOwn(set) && hides(set.id, { kind, start, end }),
      );
      const rival = rivals.at(-1);
      if (!rival) return;
      const both = kind === "inc" && rival.id.kind === "inc" && rival.id.start.getTime() === start.getTime();
      const what = both
        ? "both continue the same backup, so that only the later of them can be restored"
        : "restoring at the time of the increment finds the full backup instead";
      const detail = `another machine stored the backup of ${formatTime(rival.id.end)} at ${storage.label} while this one, of ${formatTime(end)}, was stored: ${what}. Run a full backup, and let one machine at a time back up to a target`;
      notice({ reason: "foreign-set", incomplete: true, detail });
    },
    true,
  );
}

/** Whether of both, stored in whatever order, one cannot be reached any more (spec 1.5). Two full backups are no harm to each other. */
function hides(one: SetId, other: SetId): boolean {
  if (one.kind === "inc" && other.kind === "inc") return one.start.getTime() === other.start.getTime();
  if (one.kind === other.kind) return false;
  const [full, inc] = one.kind === "full" ? [one, other] : [other, one];
  return inc.start < full.end && full.end <= inc.end;
}

/** Where the credentials do not allow listing, nobody looks. */
async function unlessRefused(runtime: Runtime, look: () => Promise<void>, isDone = false): Promise<void> {
  try {
    await look();
  } catch (error) {
    const isRefusal = isDoppelError(error, "storage.denied") || isDoppelError(error, "storage.refused");
    // What is stored is stored, whether or not it can be looked at.
    if (!isRefusal && !(isDone && error instanceof DoppelError && !runtime.signal.aborted)) throw error;
    runtime.emit({ type: "debug", detail: `the chain is not looked at again: ${error.message}` });
  }
}
