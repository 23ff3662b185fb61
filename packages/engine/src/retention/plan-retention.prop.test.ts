import { buildCollection, type Chain, chainAt, type Collection, indexName, receiptName } from "@doppel/format";
import { isDoppelError } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looseEnds } from "../status/loose-ends.ts";
import { utcDay } from "./calendar.ts";
import type { Damage } from "./damage.ts";
import { type Inventory, setKey } from "./inventory.ts";
import { planRetention } from "./plan-retention.ts";
import type { RetentionPolicy } from "./policy.ts";
import {
  damageOf,
  day,
  full,
  histories,
  inc,
  inventoryOf,
  inventoryOfSets,
  type MadeSet,
  moments,
  namesOfMade,
} from "./test-support.ts";

const count = fc.integer({ min: 1, max: 4 });
const policies: fc.Arbitrary<RetentionPolicy> = fc.oneof(
  fc.nat(60).map((at): RetentionPolicy => ({ kind: "remove-older-than", time: day(at) })),
  count.map((n): RetentionPolicy => ({ kind: "remove-all-but-n-full", count: n })),
  count.map((n): RetentionPolicy => ({ kind: "remove-all-inc-of-but-n-full", count: n })),
  fc
    .record({ daily: fc.nat(2), weekly: fc.nat(2), monthly: fc.nat(2), yearly: fc.nat(1) })
    .filter(({ daily, weekly, monthly, yearly }) => daily + weekly + monthly + yearly > 0)
    .map((counts): RetentionPolicy => ({ kind: "keep", ...counts, dayOf: utcDay })),
);

describe("a retention plan, for random histories and policies", () => {
  it("leaves restorable what the policy keeps, wherever deleting stops", () => {
    forAll((inventory, policy, damage) => {
      const before = inventory.collection;
      const promised = promisedBy(policy, before, damage).flatMap((sets) => {
        const state = stateAt(before, sets.at(-1)!.id.end);
        return state === keyOf(sets) ? [{ time: sets.at(-1)!.id.end, state }] : [];
      });
      for (const left of momentsOf(inventory, policy, damage)) {
        const now = buildCollection(left);
        for (const { time, state } of promised) expect(stateAt(now, time)).toBe(state);
      }
    });
  });

  it("leaves the newest chain without damage and the newest state that can be restored, wherever deleting stops", () => {
    let damaged = 0;
    forAll((inventory, policy, damage) => {
      const { chains } = inventory.collection;
      const intact = (chain: Chain): readonly Chain["full"][] => {
        const hole = setsOf(chain).findIndex(({ id }) => damage.has(setKey(id)));
        return hole < 0 ? setsOf(chain) : setsOf(chain).slice(0, hole);
      };
      const states = chains.map(intact).filter((sets) => sets.length > 0);
      const newest = states.sort((a, b) => a.at(-1)!.id.end.getTime() - b.at(-1)!.id.end.getTime()).at(-1) ?? [];
      const sound = chains.findLast((chain) => isSound(chain, damage));
      if (chains.length > 1 && sound !== chains.at(-1)) damaged++;
      const objects = [...newest, ...(sound ? setsOf(sound) : chains.flatMap(setsOf))].flatMap(objectsOf);
      for (const left of momentsOf(inventory, policy, damage)) {
        expect(objects.filter((name) => !left.has(name))).toEqual([]);
        if (sound) expect(buildCollection(left).chains.map((chain) => keyOf(setsOf(chain)))).toContain(keyOf(setsOf(sound)));
      }
    });
    expect(damaged).toBeGreaterThan(10); // or the histories were too easy
  });

  it("never leaves fewer full backups without damage than it was told to keep, unless there are no more", () => {
    forAll((inventory, policy, damage) => {
      if (policy.kind === "keep" || policy.kind === "remove-older-than") return;
      const soundIn = (collection: Collection): number => collection.chains.filter((chain) => isSound(chain, damage)).length;
      const before = soundIn(inventory.collection);
      for (const left of momentsOf(inventory, policy, damage))
        expect(soundIn(buildCollection(left))).toBeGreaterThanOrEqual(Math.min(before, policy.count));
    });
  });

  it("leaves no set that was finished and looks damaged, wherever deleting stops: what is begun is cleanup's to end", () => {
    let lost = 0;
    forAll((_, policy, damage, sets) => {
      // A finished set has an index and a receipt, which prove that it was.
      const proofs = sets.flatMap((set) => (set.lacks === undefined ? [indexName(set.id, "gpg"), receiptName(set.id)] : []));
      const inventory = inventoryOf([...sets.flatMap(namesOfMade), ...proofs]);
      const ends = (names: Iterable<string>): readonly string[] =>
        looseEnds(buildCollection(names)).lostManifest.map(({ id }) => setKey(id));
      const before = ends(inventory.objects.keys());
      lost += planRetention(inventory, policy, damage).removed.length;
      for (const left of momentsOf(inventory, policy, damage)) expect(before).toEqual(expect.arrayContaining([...ends(left)]));
    });
    expect(lost).toBeGreaterThan(10); // or nothing was tried
  });

  it("leaves no set that looks complete but lacks objects, wherever deleting stops", () => {
    forAll((inventory, policy, damage, sets) => {
      for (const left of momentsOf(inventory, policy, damage))
        for (const names of sets.map(namesOfMade)) {
          const manifest = names.find((name) => name.includes(".manifest"));
          if (manifest !== undefined && left.has(manifest)) expect(names.filter((name) => !left.has(name))).toEqual([]);
        }
    });
  });

  it("shortens chains from their end, so that nothing is orphaned, replaced or brought to life, wherever deleting stops", () => {
    forAll((inventory, policy, damage) => expectOnlyShortened(inventory.collection, momentsOf(inventory, policy, damage)));
  });

  it("and so it does where a superseded increment keeps an orphaned one out of the chain", () => {
    // Without 1-2, 0-3 would replace 0-1, and 1-4 would be orphaned.
    const sets = [full(0), inc(0, 1), inc(1, 2), inc(0, 3), inc(1, 4), full(9)];
    const inventory = inventoryOfSets(sets);
    expect(inventory.collection.orphaned.length + inventory.collection.superseded.length).toBe(2);
    for (const policy of [
      { kind: "remove-all-inc-of-but-n-full", count: 1 },
      { kind: "remove-all-but-n-full", count: 1 },
    ] as const) {
      expectOnlyShortened(inventory.collection, momentsOf(inventory, policy, new Map()));
      expect(planRetention(inventory, policy).removed[0]!.sets.length).toBeGreaterThanOrEqual(4);
    }
  });

  it("removes all that is old, unless something newer was made on top of it; a second time there is nothing to do", () => {
    forAll((inventory, policy, damage) => {
      const plan = planRetention(inventory, policy, damage);
      const { collection } = inventory;
      const { chains } = collection;
      const loose = [...collection.incomplete, ...collection.orphaned, ...collection.superseded];
      const expected = collection.chains.filter((chain) => {
        if (chains.indexOf(chain) >= Math.min(newestSound(chains, damage), chains.length - 1)) return false;
        if (policy.kind === "keep") return !keptByCalendar(policy, chains, chain, damage) && !waitsOnTop(chain, collection);
        const limit = limitOf(policy, collection, damage);
        if (policy.kind === "remove-all-inc-of-but-n-full" && chain.incrementals.length === 0) return false;
        return chain.end < limit && !newerOnTop(chain, collection, loose, limit);
      });
      expect(plan.removed.map(({ chain }) => keyOf(setsOf(chain)))).toEqual(expected.map((chain) => keyOf(setsOf(chain))));
      expect(plan.kept.length + plan.removed.length).toBe(collection.chains.length);

      const { manifests, signatures, volumes, bytes } = plan.deletions;
      const gone = new Set([...manifests, ...signatures, ...volumes]);
      expect(gone.size).toBe(manifests.length + signatures.length + volumes.length);
      expect(bytes).toBe(gone.size * 10);
      const left = new Set([...inventory.objects.keys()].filter((name) => !gone.has(name)));
      const after: Inventory = {
        ...inventory,
        collection: buildCollection(left),
        objects: new Map([...left].map((name) => [name, { size: 10 }])),
      };
      const again = planRetention(after, policy, damage);
      // Fewer full sets are left to count, but the same ones are the newest.
      if (policy.kind !== "keep") expect(again.removed).toEqual([]);
    });
  });
});

type Check = (inventory: Inventory, policy: RetentionPolicy, damage: Damage, sets: readonly MadeSet[]) => void;

function forAll(check: Check): void {
  fc.assert(
    fc.property(histories, policies, (sets, policy) => check(inventoryOfSets(sets), policy, damageOf(sets), sets)),
    { numRuns: Number(process.env["DOPPEL_RETENTION_RUNS"] ?? 200) },
  );
}

function expectOnlyShortened(before: Collection, moments: Iterable<ReadonlySet<string>>): void {
  const chains = before.chains.map((chain) => keyOf(setsOf(chain)));
  const ends = (sets: readonly Chain["full"][]): readonly string[] => sets.map(({ id }) => setKey(id));
  for (const left of moments) {
    const now = buildCollection(left);
    for (const chain of now.chains) expect(chains.some((key) => key.startsWith(keyOf(setsOf(chain))))).toBe(true);
    expect(ends(before.orphaned)).toEqual(expect.arrayContaining([...ends(now.orphaned)]));
    expect(ends(before.superseded)).toEqual(expect.arrayContaining([...ends(now.superseded)]));
  }
}

function momentsOf(inventory: Inventory, policy: RetentionPolicy, damage: Damage): Generator<ReadonlySet<string>> {
  const { manifests, signatures, volumes } = planRetention(inventory, policy, damage).deletions;
  return moments(inventory.objects.keys(), [...manifests, ...signatures, ...volumes]);
}

type Sets = readonly [Chain["full"], ...Chain["incrementals"]];

/** The model: every state, as the sets it is made of, that has to be there after this policy. Written from the rules, not from the code. */
function promisedBy(policy: RetentionPolicy, collection: Collection, damage: Damage): readonly Sets[] {
  const { chains } = collection;
  const keeps = (chain: Chain, index: number): boolean => {
    if (index === chains.length - 1 || index >= newestSound(chains, damage)) return true;
    if (policy.kind === "keep") return keptByCalendar(policy, chains, chain, damage);
    return chain.end >= limitOf(policy, collection, damage);
  };
  return chains.flatMap((chain, index) => {
    const states = setsOf(chain).map((_, index): Sets => [chain.full, ...chain.incrementals.slice(0, index)]);
    if (keeps(chain, index)) return states;
    return policy.kind === "remove-all-inc-of-but-n-full" ? states.slice(0, 1) : [];
  });
}

/** Where the newest chain is that nothing is known to be missing from; all from there on stay, or all when there is none. */
function newestSound(chains: readonly Chain[], damage: Damage): number {
  return chains.reduce((found, chain, index) => (isSound(chain, damage) ? index : found), 0);
}

function isSound(chain: Chain, damage: Damage): boolean {
  return setsOf(chain).every(({ id }) => !damage.has(setKey(id)));
}

function limitOf(policy: Exclude<RetentionPolicy, { kind: "keep" }>, { chains }: Collection, damage: Damage): Date {
  if (policy.kind === "remove-older-than") return policy.time;
  const counted = chains.filter((chain) => isSound(chain, damage));
  const times = counted.map(({ start }) => start.getTime()).sort((a, b) => a - b);
  return new Date(times[times.length - policy.count] ?? 0);
}

/**
 * A chain is kept for a period when it is the newest sound one of it, or the newest of one that has none, and fewer than N
 * later periods have a sound one.
 */
function keptByCalendar(
  policy: Extract<RetentionPolicy, { kind: "keep" }>,
  chains: readonly Chain[],
  chain: Chain,
  damage: Damage,
): boolean {
  const monday = (time: Date): number => Math.floor((time.getTime() / 86_400_000 + 3) / 7);
  const periods: readonly (readonly [number | undefined, (time: Date) => string | number])[] = [
    [policy.daily, (time) => time.toISOString().slice(0, 10)],
    [policy.weekly, monday],
    [policy.monthly, (time) => time.toISOString().slice(0, 7)],
    [policy.yearly, (time) => time.getUTCFullYear()],
  ];
  const sound = chains.filter((other) => isSound(other, damage));
  return periods.some(([n = 0, of]) => {
    const own = of(chain.start);
    const same = (others: readonly Chain[]): readonly Chain[] => others.filter(({ start }) => of(start) === own);
    const rivals = same(sound).length > 0 ? same(sound) : same(chains);
    const later = new Set(sound.filter(({ start }) => start > chain.start && of(start) !== own).map(({ start }) => of(start)));
    return later.size < n && rivals.includes(chain) && rivals.every(({ start }) => start <= chain.start);
  });
}

/** Whether a set that is part of no chain, and is not old, goes back to this chain alone; lost manifests between them do not matter. */
function newerOnTop(chain: Chain, { chains }: Collection, loose: readonly Chain["full"][], limit: Date): boolean {
  const others = chains.filter((other) => other !== chain).flatMap((other) => setsOf(other).map(({ id }) => id.end.getTime()));
  const below = (time: number, depth: number): boolean =>
    depth > 0 &&
    !others.includes(time) &&
    (setsOf(chain).some(({ id }) => id.end.getTime() === time) ||
      loose.some(({ id }) => id.kind === "inc" && id.end.getTime() === time && below(id.start.getTime(), depth - 1)));
  return loose.some(({ id }) => id.kind === "inc" && id.end >= limit && below(id.start.getTime(), 20));
}

/** Whether a complete increment goes back to this chain, by way of one that lacks its manifest. */
function waitsOnTop(chain: Chain, { incomplete, orphaned, superseded }: Collection): boolean {
  const loose = [...incomplete, ...orphaned, ...superseded].filter(({ id }) => id.kind === "inc");
  const below = (time: Date, isBehindLost: boolean): boolean =>
    (isBehindLost && setsOf(chain).some(({ id }) => id.end.getTime() === time.getTime())) ||
    loose
      .filter(({ id }) => id.end.getTime() === time.getTime())
      .some(({ id, manifest }) => below(id.start, isBehindLost || manifest === undefined));
  return orphaned.some(({ id }) => below(id.start, false));
}

function setsOf({ full, incrementals }: Chain): Sets {
  return [full, ...incrementals];
}

function objectsOf({ volumes, signatures, manifest }: Chain["full"]): readonly string[] {
  return [...volumes.values(), signatures, manifest].filter((name) => name !== undefined);
}

function keyOf(sets: Sets): string {
  return `${sets.map(({ id }) => setKey(id)).join()},`;
}

function stateAt(collection: Collection, time: Date): string | undefined {
  try {
    const found = chainAt(collection, time);
    return found && keyOf(found.sets as unknown as Sets);
  } catch (error) {
    if (isDoppelError(error, "collection.ambiguous")) return undefined;
    throw error;
  }
}
