import { buildCollection, type Chain, chainAt, type Collection } from "@doppel/format";
import { isDoppelError } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utcDay } from "./calendar.ts";
import { type Inventory, setKey } from "./inventory.ts";
import { planRetention } from "./plan-retention.ts";
import type { RetentionPolicy } from "./policy.ts";
import { day, full, histories, inc, inventoryOfSets, type MadeSet, moments, namesOfMade } from "./test-support.ts";

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
    forAll((inventory, policy) => {
      const before = inventory.collection;
      const promised = promisedBy(policy, before).flatMap((sets) => {
        const state = stateAt(before, sets.at(-1)!.id.end);
        return state === keyOf(sets) ? [{ time: sets.at(-1)!.id.end, state }] : [];
      });
      for (const left of momentsOf(inventory, policy)) {
        const now = buildCollection(left);
        for (const { time, state } of promised) expect(stateAt(now, time)).toBe(state);
      }
    });
  });

  it("leaves no set that looks complete but lacks objects, wherever deleting stops", () => {
    forAll((inventory, policy, sets) => {
      for (const left of momentsOf(inventory, policy))
        for (const names of sets.map(namesOfMade)) {
          const manifest = names.find((name) => name.includes(".manifest"));
          if (manifest !== undefined && left.has(manifest)) expect(names.filter((name) => !left.has(name))).toEqual([]);
        }
    });
  });

  it("shortens chains from their end, so that nothing is orphaned, replaced or brought to life, wherever deleting stops", () => {
    forAll((inventory, policy) => expectOnlyShortened(inventory.collection, momentsOf(inventory, policy)));
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
      expectOnlyShortened(inventory.collection, momentsOf(inventory, policy));
      expect(planRetention(inventory, policy).removed[0]!.sets.length).toBeGreaterThanOrEqual(4);
    }
  });

  it("removes all that is old, unless something newer was made on top of it; a second time there is nothing to do", () => {
    forAll((inventory, policy) => {
      const plan = planRetention(inventory, policy);
      const { collection } = inventory;
      const loose = [...collection.incomplete, ...collection.orphaned, ...collection.superseded];
      const expected = collection.chains.filter((chain) => {
        if (chain === collection.chains.at(-1)) return false;
        if (policy.kind === "keep") return !promisedBy(policy, collection).some(([full]) => full === chain.full);
        const limit = limitOf(policy, collection);
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
      const again = planRetention(after, policy);
      // Fewer full sets are left to count, but the same ones are the newest.
      if (policy.kind !== "keep") expect(again.removed).toEqual([]);
    });
  });
});

function forAll(check: (inventory: Inventory, policy: RetentionPolicy, sets: readonly MadeSet[]) => void): void {
  fc.assert(
    fc.property(histories, policies, (sets, policy) => check(inventoryOfSets(sets), policy, sets)),
    { numRuns: 200 },
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

function momentsOf(inventory: Inventory, policy: RetentionPolicy): Generator<ReadonlySet<string>> {
  const { manifests, signatures, volumes } = planRetention(inventory, policy).deletions;
  return moments(inventory.objects.keys(), [...manifests, ...signatures, ...volumes]);
}

type Sets = readonly [Chain["full"], ...Chain["incrementals"]];

/** The model: every state, as the sets it is made of, that has to be there after this policy. Written from the rules, not from the code. */
function promisedBy(policy: RetentionPolicy, collection: Collection): readonly Sets[] {
  const { chains } = collection;
  const newest = chains.at(-1);
  const keeps = (chain: Chain): boolean => {
    if (chain === newest) return true;
    if (policy.kind === "keep") return keptByCalendar(policy, chains, chain);
    return chain.end >= limitOf(policy, collection);
  };
  return chains.flatMap((chain) => {
    const states = setsOf(chain).map((_, index): Sets => [chain.full, ...chain.incrementals.slice(0, index)]);
    if (keeps(chain)) return states;
    return policy.kind === "remove-all-inc-of-but-n-full" ? states.slice(0, 1) : [];
  });
}

function limitOf(policy: Exclude<RetentionPolicy, { kind: "keep" }>, { chains }: Collection): Date {
  if (policy.kind === "remove-older-than") return policy.time;
  const times = chains.map(({ start }) => start.getTime()).sort((a, b) => a - b);
  return new Date(times[times.length - policy.count] ?? 0);
}

/** A chain is kept for a period when no later full set shares it and fewer than N later periods have one. */
function keptByCalendar(policy: Extract<RetentionPolicy, { kind: "keep" }>, chains: readonly Chain[], chain: Chain): boolean {
  const monday = (time: Date): number => Math.floor((time.getTime() / 86_400_000 + 3) / 7);
  const periods: readonly (readonly [number | undefined, (time: Date) => string | number])[] = [
    [policy.daily, (time) => time.toISOString().slice(0, 10)],
    [policy.weekly, monday],
    [policy.monthly, (time) => time.toISOString().slice(0, 7)],
    [policy.yearly, (time) => time.getUTCFullYear()],
  ];
  const later = chains.filter(({ start }) => start > chain.start);
  return periods.some(([n = 0, of]) => {
    const taken = new Set(later.map(({ start }) => of(start)));
    return taken.size < n && !taken.has(of(chain.start));
  });
}

/** Whether a set that is part of no chain, and is not old, goes back to this chain alone. */
function newerOnTop(chain: Chain, { chains }: Collection, loose: readonly Chain["full"][], limit: Date): boolean {
  const others = chains.filter((other) => other !== chain).flatMap((other) => setsOf(other).map(({ id }) => id.end.getTime()));
  const below = (time: number, depth: number): boolean =>
    depth > 0 &&
    !others.includes(time) &&
    (setsOf(chain).some(({ id }) => id.end.getTime() === time) ||
      loose.some(
        ({ id, manifest }) => manifest && id.kind === "inc" && id.end.getTime() === time && below(id.start.getTime(), depth - 1),
      ));
  return loose.some(({ id }) => id.kind === "inc" && id.end >= limit && below(id.start.getTime(), 20));
}

function setsOf({ full, incrementals }: Chain): Sets {
  return [full, ...incrementals];
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
