import type { Dice } from "./dice.ts";
import { chainsOf, type StoredChain, type StoredSet } from "./sets.ts";

const DAY = 86_400;

/** A command that deletes, and what it may: worked out here from the listing alone, by the words of the manual. */
export interface Retention {
  readonly command: string;
  /** Before the URL. */
  readonly args: readonly string[];
  /** Sets that may go, out of these. */
  readonly mayGo: (sets: readonly StoredSet[]) => readonly StoredSet[];
}

/** No complete set goes by it. */
export const cleanUp: Retention = { command: "cleanup", args: ["--even-recent"], mayGo: () => [] };

export function chooseRetention(dice: Dice, now: number): Retention {
  const count = 1 + dice.below(3);
  const limit = now - (8 + dice.below(20)) * DAY;
  switch (
    dice.weighed({ cleanup: 3, "remove-older-than": 3, "remove-all-but-n-full": 2, "remove-all-inc-of-but-n-full": 1, prune: 2 })
  ) {
    case "cleanup":
      return dice.chance(0.8) ? cleanUp : { ...cleanUp, args: [] };
    case "remove-older-than":
      return { command: "remove-older-than", args: [`${limit}`], mayGo: (sets) => olderThan(sets, limit).flat() };
    case "remove-all-but-n-full":
      return {
        command: "remove-all-but-n-full",
        args: [`${count}`],
        mayGo: (sets) => olderThan(sets, nthFull(sets, count)).flat(),
      };
    case "remove-all-inc-of-but-n-full":
      return {
        command: "remove-all-inc-of-but-n-full",
        args: [`${count}`],
        mayGo: (sets) => olderThan(sets, nthFull(sets, count)).flatMap(([, ...increments]) => increments),
      };
    case "prune": {
      const [daily, weekly, monthly] = [1 + dice.below(2), dice.below(4), dice.below(2)];
      return {
        command: "prune",
        args: Object.entries({ daily, weekly, monthly }).flatMap(([name, n]) => (n > 0 ? [`--keep-${name}`, `${n}`] : [])),
        mayGo: (sets) => exceptPeriods(sets, { daily, weekly, monthly }).flat(),
      };
    }
  }
}

/** All but the newest that have nothing as new as this. */
function olderThan(sets: readonly StoredSet[], limit: number): readonly StoredChain[] {
  return chainsOf(sets)
    .slice(0, -1)
    .filter((chain) => chain.at(-1)!.end < limit);
}

/** Nothing is older when there are not so many. */
function nthFull(sets: readonly StoredSet[], count: number): number {
  return sets.filter(({ kind }) => kind === "full").at(-count)?.end ?? 0;
}

function exceptPeriods(
  sets: readonly StoredSet[],
  { daily, weekly, monthly }: Readonly<Record<"daily" | "weekly" | "monthly", number>>,
): readonly StoredChain[] {
  const chains = chainsOf(sets);
  const newestFirst = [...chains].sort(([a], [b]) => b.end - a.end);
  const kept = new Set([chains.at(-1)]);
  const keep = (count: number, periodOf: (time: number) => string): void => {
    const periods = new Set<string>();
    for (const chain of newestFirst) {
      const period = periodOf(chain[0].end);
      if (periods.has(period) || periods.size === count) continue;
      periods.add(period);
      kept.add(chain);
    }
  };
  const day = (time: number): string => new Date(time * 1000).toISOString();
  keep(daily, (time) => day(time).slice(0, 10));
  keep(weekly, (time) => `${Math.floor((time / DAY + 3) / 7)}`); // 1 January 1970 was a Thursday
  keep(monthly, (time) => day(time).slice(0, 7));
  return chains.filter((chain) => !kept.has(chain));
}
