import { DoppelError } from "@doppel/base";
import type { BackupSet, Chain, Collection } from "./chains.ts";
import { formatTime } from "./time.ts";

/**
 * What restores the state at `time` (spec 1.5): the chain that covers it; else the one that ended last before it; else the
 * oldest, whose full set is then later than `time`. Its sets up to `time`, at least the full one.
 *
 * @returns undefined when there is no chain.
 * @throws collection.ambiguous when two chains cover the time, as in stock; and, where stock silently takes the older
 *   chain, when another chain has a newer state that is still not after `time`.
 */
export function chainAt(
  collection: Collection,
  time: Date,
): { readonly chain: Chain; readonly sets: readonly BackupSet[] } | undefined {
  const covering = collection.chains.filter((chain) => chain.start <= time && time <= chain.end);
  if (covering.length > 1) throw ambiguous(time, covering);
  const chain = covering[0] ?? collection.chains.findLast(({ end }) => end < time) ?? oldest(collection.chains);
  if (chain === undefined) return undefined;
  const sets = [chain.full, ...chain.incrementals.filter((set) => set.id.end <= time)];
  const state = sets.at(-1)!.id.end;
  const newer = collection.chains.find((other) => other !== chain && statesOf(other).some((end) => state < end && end <= time));
  if (newer !== undefined) throw ambiguous(time, [chain, newer]);
  return { chain, sets };
}

function oldest(chains: readonly Chain[]): Chain | undefined {
  return chains.reduce<Chain | undefined>(
    (found, chain) => (found === undefined || chain.start < found.start ? chain : found),
    undefined,
  );
}

function statesOf(chain: Chain): readonly Date[] {
  return [chain.full, ...chain.incrementals].map((set) => set.id.end);
}

function ambiguous(time: Date, chains: readonly Chain[]): DoppelError {
  const spans = chains.map((chain) => `${formatTime(chain.start)} to ${formatTime(chain.end)}`).join(", ");
  return new DoppelError(
    "collection.ambiguous",
    `more than one backup chain has a state for ${formatTime(time)} (${spans}); give a time that only one of them covers, or put the files of one chain elsewhere`,
    { time: formatTime(time) },
  );
}
