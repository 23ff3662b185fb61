import type { Chain } from "@doppel/format";
import { type DayOf, PERIODS, type Period, periodOf } from "./calendar.ts";

/** What may go. */
export type RetentionPolicy =
  /** Chains whose last set is older than this. */
  | { readonly kind: "remove-older-than"; readonly time: Date }
  /** Chains whose last set is older than the `count`-th newest full set; with fewer full sets nothing. */
  | { readonly kind: "remove-all-but-n-full"; readonly count: number }
  /** Of the same chains only the increments. */
  | { readonly kind: "remove-all-inc-of-but-n-full"; readonly count: number }
  | KeepPolicy;

/**
 * Stays: the newest full set of each of the last so many days, weeks (from Monday), months and years that have one, with
 * its increments. All other chains may go. One count at least must be above 0.
 */
export interface KeepPolicy {
  /** Tells it from the others. */
  readonly kind: "keep";
  /** So many days; 0 unless given, as the others. */
  readonly daily?: number;
  /** So many weeks. */
  readonly weekly?: number;
  /** So many months. */
  readonly monthly?: number;
  /** So many years. */
  readonly yearly?: number;
  /** The calendar that days are counted by: `utcDay`, or one of the local zone. */
  readonly dayOf: DayOf;
}

/**
 * The time before which a chain is old; undefined: none is.
 * @throws RangeError when a count is not a whole number above 0, as in stock
 */
export function limitOf(policy: Exclude<RetentionPolicy, KeepPolicy>, chains: readonly Chain[]): Date | undefined {
  if (policy.kind === "remove-older-than") return policy.time;
  if (!Number.isSafeInteger(policy.count) || policy.count < 1) throw new RangeError(`cannot keep ${policy.count} full backups`);
  const fulls = chains.map(({ start }) => start).sort((a, b) => b.getTime() - a.getTime());
  return fulls[policy.count - 1];
}

/**
 * The chains that a policy keeps, each with the periods it is kept for (`daily 2026-11-22`). Only `sound` chains count: a
 * period that has none of them keeps its newest chain all the same, but one more period is kept then.
 * @throws RangeError when it keeps nothing at all, or a count is not a whole number
 */
export function keptPeriods(
  policy: KeepPolicy,
  chains: readonly Chain[],
  sound: ReadonlySet<Chain>,
): ReadonlyMap<Chain, readonly string[]> {
  const counts = PERIODS.map((period) => policy[period] ?? 0);
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0) || counts.every((count) => count === 0))
    throw new RangeError(`cannot keep ${counts.join(", ")} days, weeks, months, years`);
  const newestFirst = [...chains].sort((a, b) => b.start.getTime() - a.start.getTime());
  const kept = new Map<Chain, string[]>();
  PERIODS.forEach((period, index) => {
    let left = counts[index]!;
    for (const [name, ofPeriod] of byPeriod(period, policy.dayOf, newestFirst)) {
      if (left === 0) break;
      const chosen = ofPeriod.find((chain) => sound.has(chain)) ?? ofPeriod[0]!;
      if (sound.has(chosen)) left--;
      kept.set(chosen, [...(kept.get(chosen) ?? []), `${period} ${name}`]);
    }
  });
  return kept;
}

/** In the order of the chains. */
function byPeriod(period: Period, dayOf: DayOf, chains: readonly Chain[]): ReadonlyMap<string, readonly Chain[]> {
  const periods = new Map<string, Chain[]>();
  for (const chain of chains) {
    const name = periodOf(period, dayOf(chain.start));
    periods.set(name, [...(periods.get(name) ?? []), chain]);
  }
  return periods;
}
