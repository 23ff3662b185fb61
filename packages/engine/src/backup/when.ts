import { readdir } from "node:fs/promises";
import { DoppelError, type Runtime } from "@doppel/base";
import { formatTime, type NamePrefixes, parseName } from "@doppel/format";

/**
 * The time of a new set: now, in whole seconds, and never one that a set of this target already has (duplicity-cli.md 7:
 * two sets of one target must never share a second). Only the archive directory is asked, so at most a second is waited;
 * that the target has such a set all the same shows when storing refuses to replace.
 * @param after where the chain ends that is continued: the new set must be later
 * @throws collection.clock when it lies in the future
 */
export async function timeOfNewSet(
  archiveDir: string | undefined,
  prefixes: NamePrefixes,
  runtime: Runtime,
  after?: Date,
): Promise<Date> {
  const taken = new Set<number>();
  for (const name of archiveDir === undefined ? [] : await readdir(archiveDir)) {
    const parsed = parseName(name, prefixes);
    if (parsed) taken.add(parsed.set.end.getTime());
  }
  let time = wholeSeconds(runtime.clock.now());
  if (taken.has(time.getTime()) || time.getTime() === after?.getTime()) {
    await runtime.clock.sleep(1000, runtime.signal);
    time = wholeSeconds(runtime.clock.now());
  }
  if (after && time <= after) {
    const newest = formatTime(after);
    const now = formatTime(time);
    const message = `the newest backup is of ${newest}, but the clock here says ${now}: an increment must be later than what it continues; set the clock right, or make a full backup`;
    throw new DoppelError("collection.clock", message, { newest, now });
  }
  return time;
}

function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
