import type { BackupSet, Chain, Collection } from "@doppel/format";
import { type Damage, damagedIn, type DamagedSet } from "./damage.ts";
import { type Deletions, deletionsOf } from "./deletions.ts";
import { hangingOn, setsOf } from "./hanging.ts";
import type { Inventory } from "./inventory.ts";
import { keptPeriods, limitOf, type RetentionPolicy } from "./policy.ts";

/** What a policy does to a target. */
export interface RetentionPlan {
  /** By end time of the chains. */
  readonly removed: readonly RemovedChain[];
  /** By end time of the chains. */
  readonly kept: readonly KeptChain[];
  /** What somebody should know before it is carried out. */
  readonly warnings: readonly RetentionWarning[];
  /** What goes, by name. */
  readonly deletions: Deletions;
}

/** A chain that goes, or loses its increments. */
export interface RemovedChain {
  /** Which one, as it was. */
  readonly chain: Chain;
  /** In the order in which they go: all of the chain, or its increments; and what hangs on it without being part of it. */
  readonly sets: readonly BackupSet[];
  /** Whether the full set goes too. */
  readonly whole: boolean;
  /** What of it was damaged. */
  readonly damage: readonly DamagedSet[];
}

/** A chain that stays, and why. */
export interface KeptChain {
  /** Which one. */
  readonly chain: Chain;
  /**
   * `newest`: the newest chain never goes. `new`: nothing of it is old. `needed`: some of it is old, but newer sets depend on it;
   * they need not be part of the chain (an unfinished increment, or one behind a lost manifest). `period`: see `periods`. `bare`: it has no increments to remove.
   * `spare`: it would go if the newer ones in `insteadOf` were not damaged.
   */
  readonly reason: "newest" | "new" | "needed" | "period" | "bare" | "spare";
  /** Only for a `keep` policy: what it is kept for, as `monthly 2026-11`. Also on the newest chain. */
  readonly periods: readonly string[];
  /** What of it is damaged: then it does not count as a chain that is kept. */
  readonly damage: readonly DamagedSet[];
  /** Damaged sets of newer chains; only for `spare`. */
  readonly insteadOf: readonly DamagedSet[];
}

/** What a person should know (duplicity-cli.md 4.7). */
export type RetentionWarning =
  /** Sets older than the limit that stay because newer sets depend on them, by their times. */
  | { readonly kind: "needed"; readonly times: readonly Date[] }
  /** All of the newest chain is older than the limit. */
  | { readonly kind: "newest-is-old"; readonly time: Date };

/**
 * Plans what a policy removes. A chain goes as a whole or, for `remove-all-inc-of-but-n-full`, loses all its increments; the
 * newest chain (the one that ends last) never goes, nor anything of it: not its signatures either, without which it could not
 * be continued (stock's defect Z1). A set exactly at the limit is not old, as in stock.
 *
 * A chain with a damaged set does not count: neither for a number of full sets nor for a period. And the newest chain
 * without one stays with all that are newer, or all chains do when there is none: whatever the policy, what can still be
 * restored of the newest states is there afterwards.
 *
 * @param damage what is known to be lost (see `readDamage`)
 * @throws RangeError for a policy that makes no sense
 * @throws collection.inconsistent when sets that share a second make the outcome unsafe
 */
export function planRetention(inventory: Inventory, policy: RetentionPolicy, damage: Damage = new Map()): RetentionPlan {
  const { collection } = inventory;
  const sound = collection.chains.filter((chain) => damagedIn(chain, damage).length === 0);
  const { removed, kept } = judge(inventory, policy, sound, damage);
  const whole = policy.kind !== "remove-all-inc-of-but-n-full";
  const removals = removed.map((chain): RemovedChain => {
    const own = [...(whole ? setsOf(chain) : chain.incrementals)].reverse();
    return { chain, sets: [...goingWith([chain], collection), ...own], whole, damage: damagedIn(chain, damage) };
  });
  // What hangs on several of them at once belongs to none alone; hence the sum first.
  const order = new Set([...goingWith(removed, collection), ...removals.flatMap(({ sets }) => sets)]);
  const deletions = deletionsOf(
    [...order].map(({ id }) => id),
    inventory,
    [...kept.map(({ chain }) => chain), ...(whole ? [] : removed.map(({ full }) => ({ full, incrementals: [] })))],
  );
  return { removed: removals, kept, warnings: warningsFor(inventory, policy, sound, kept), deletions };
}

/** What is complete and was made on top of these chains, in the order in which it has to go before them. */
function goingWith(chains: readonly Chain[], collection: Collection): readonly BackupSet[] {
  const { complete, waiting } = hangingOn(chains, collection);
  return [...waiting.filter(({ manifest }) => manifest !== undefined).reverse(), ...complete];
}

function judge(
  inventory: Inventory,
  policy: RetentionPolicy,
  sound: readonly Chain[],
  damage: Damage,
): { readonly removed: readonly Chain[]; readonly kept: readonly KeptChain[] } {
  const { chains } = inventory.collection;
  const judgeBy = (counted: readonly Chain[]): Judge =>
    policy.kind === "keep" ? byPeriod(inventory, policy, counted) : byAge(inventory, policy, counted);
  const [reasonOf, asIfSound] = [judgeBy(sound), judgeBy(chains)];
  const newestSound = chains.findLastIndex((chain) => sound.includes(chain));
  const removed: Chain[] = [];
  const kept: KeptChain[] = [];
  chains.forEach((chain, index) => {
    const verdict = reasonOf(chain) ?? (index >= newestSound ? because("spare") : undefined);
    if (verdict === undefined) {
      removed.push(chain);
      return;
    }
    const reason = asIfSound(chain) === undefined ? "spare" : verdict.reason;
    const insteadOf = reason === "spare" ? chains.slice(index + 1).flatMap((newer) => damagedIn(newer, damage)) : [];
    kept.push({ chain, ...verdict, reason, damage: damagedIn(chain, damage), insteadOf });
  });
  return { removed, kept };
}

type Verdict = Pick<KeptChain, "reason" | "periods">;
/** Why the chain stays; undefined: it does not. */
type Judge = (chain: Chain) => Verdict | undefined;

function because(reason: KeptChain["reason"], periods: readonly string[] = []): Verdict {
  return { reason, periods };
}

function byPeriod(
  { collection }: Inventory,
  policy: Extract<RetentionPolicy, { kind: "keep" }>,
  counted: readonly Chain[],
): Judge {
  const periods = keptPeriods(policy, collection.chains, new Set(counted));
  return (chain) => {
    const own = periods.get(chain) ?? [];
    if (chain === collection.chains.at(-1)) return because("newest", own);
    if (own.length > 0) return because("period", own);
    return hangingOn([chain], collection).waiting.some(({ manifest }) => manifest !== undefined) ? because("needed") : undefined;
  };
}

function byAge({ collection }: Inventory, policy: Exclude<RetentionPolicy, { kind: "keep" }>, counted: readonly Chain[]): Judge {
  const limit = limitOf(policy, counted);
  return (chain) => {
    if (chain === collection.chains.at(-1)) return because("newest");
    if (limit === undefined || chain.start >= limit) return because("new");
    const { complete, waiting } = hangingOn([chain], collection);
    if (chain.end >= limit || [...complete, ...waiting].some(({ id }) => id.end >= limit)) return because("needed");
    if (policy.kind === "remove-all-inc-of-but-n-full" && chain.incrementals.length === 0) return because("bare");
    return undefined;
  };
}

function warningsFor(
  { collection: { chains } }: Inventory,
  policy: RetentionPolicy,
  sound: readonly Chain[],
  kept: readonly KeptChain[],
): readonly RetentionWarning[] {
  const limit = policy.kind === "keep" ? undefined : limitOf(policy, sound);
  if (limit === undefined) return [];
  const warnings: RetentionWarning[] = [];
  const newest = chains.at(-1);
  if (newest !== undefined && newest.end < limit) warnings.push({ kind: "newest-is-old", time: newest.end });
  const needing = kept.filter(({ chain, reason }) => reason === "needed" || (reason === "newest" && chain.end >= limit));
  const times = needing.flatMap(({ chain }) => setsOf(chain).flatMap(({ id }) => (id.end < limit ? [id.end] : [])));
  if (times.length > 0) warnings.push({ kind: "needed", times });
  return warnings;
}
