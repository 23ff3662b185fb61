import { readdir } from "node:fs/promises";
import { DoppelError, errnoOf, type Runtime } from "@doppel/base";
import { formatTime, type NamePrefixes, parseName, parseTime } from "@doppel/format";

/**
 * The time of a new set: now, in whole seconds, and never one that a set of this target already has (duplicity-cli.md 7:
 * two sets of one target must never share a second). Only the archive directory is asked, so at most a second is waited;
 * that the target has such a set all the same shows when storing refuses to replace.
 *
 * A set that is older than another one cannot be asked for: the chain that covers its time is taken for it (spec 1.5).
 * @param after where the chain ends that is continued; undefined for a full set, which must be later than all that is known
 * @throws collection.clock when that lies in the future, and for a time that no name can hold; archive-dir.unusable
 */
export async function timeOfNewSet(
  archiveDir: string | undefined,
  prefixes: NamePrefixes,
  runtime: Runtime,
  after?: Date,
): Promise<Date> {
  const taken = new Set<number>();
  for (const name of archiveDir === undefined ? [] : await namesIn(archiveDir)) {
    const parsed = parseName(name, prefixes);
    if (parsed) taken.add(parsed.set.end.getTime());
  }
  const newest = after?.getTime() ?? Math.max(...taken);
  let time = wholeSeconds(runtime.clock.now());
  refuseUnnameable(time);
  const behind = (): DoppelError => clockBehind(new Date(newest), time, archiveDir, after === undefined);
  if (time.getTime() < newest) throw behind();
  if (taken.has(time.getTime()) || time.getTime() === newest) {
    await runtime.clock.sleep(1000, runtime.signal);
    time = wholeSeconds(runtime.clock.now());
  }
  if (time.getTime() <= newest) throw behind();
  return time;
}

/** A dry run does not make the archive directory. */
async function namesIn(path: string): Promise<readonly string[]> {
  return readdir(path).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return [];
    const message = `archive directory ${path} cannot be read (${errnoOf(error) ?? String(error)}); choose another with --archive-dir`;
    throw new DoppelError("archive-dir.unusable", message, { path }, error);
  });
}

/** What no reader takes for a time (spec 1.2: the years 1901 to 2099): the set would be stored, and never found again. */
function refuseUnnameable(time: Date): void {
  if (parseTime(formatTime(time))?.getTime() === time.getTime()) return;
  const now = time.toISOString();
  const message = `the clock here says ${now}, which the name of a backup cannot hold; set the clock right`;
  throw new DoppelError("collection.clock", message, { newest: "", now });
}

function clockBehind(latest: Date, time: Date, archiveDir: string | undefined, isFromArchive: boolean): DoppelError {
  const [newest, now] = [formatTime(latest), formatTime(time)];
  const known = isFromArchive && archiveDir !== undefined ? ` (known from ${archiveDir})` : "";
  const places = archiveDir === undefined ? "the target" : `the target and ${archiveDir}`;
  const message = `the newest backup is of ${newest}${known}, but the clock here says ${now}: a backup must be later than those before it; set the clock right, wait until then, or, if it was wrong when that backup was made, move its files (*${newest}*) away from ${places}`;
  return new DoppelError("collection.clock", message, { newest, now });
}

function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
