import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import { formatTime, type NamePrefixes, type SetId } from "@doppel/format";
import type { Storage } from "@doppel/storage";
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
  try {
    const { collection } = await readTarget(storage, prefixes, runtime.signal);
    const newest = collection.chains.at(-1);
    if (newest?.end.getTime() === start.getTime()) return;
    const of = formatTime(start);
    const isNewer = newest !== undefined && newest.end > start;
    const reason = isNewer ? `another, of ${formatTime(newest.end)}, has been stored there since` : "that is not there any more";
    const name = isNewer ? (newest.incrementals.at(-1) ?? newest.full).manifest : undefined;
    const message = `${storage.label}: this increment, of ${formatTime(end)}, continues the backup of ${of}, and ${reason}: it could not be restored. What is there is sound; run it again, and let one machine at a time back up to a target`;
    throw new DoppelError("collection.inconsistent", message, { names: name === undefined ? [] : [name], reason });
  } catch (error) {
    if (!isDoppelError(error, "storage.denied") && !isDoppelError(error, "storage.refused")) throw error;
    runtime.emit({ type: "debug", detail: `the chain is not looked at again: ${error.message}` });
  }
}
