import { buildCollection } from "@doppel/format";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Inventory, setKey } from "./inventory.ts";
import { planCleanup, SAFETY_AGE_MS } from "./plan-cleanup.ts";
import { DAY, day, full, histories, inc, inventoryOf, inventoryOfSets, moments, namesOfMade } from "./test-support.ts";

const options = { minimumAgeMs: SAFETY_AGE_MS };
const later = day(1000);

function allOf({ deletions }: ReturnType<typeof planCleanup>): readonly string[] {
  return [...deletions.manifests, ...deletions.signatures, ...deletions.volumes];
}

describe("planCleanup", () => {
  it("takes unfinished and orphaned sets whole, and signatures and statistics without a set", () => {
    const [unfinished, orphan, lost] = [
      full(5, { lacks: "manifest", volumes: 2 }),
      inc(7, 8),
      full(9, { lacks: "volumes and manifest" }),
    ];
    const inventory = inventoryOfSets([full(0), inc(0, 1), unfinished, orphan, lost]);
    const plan = planCleanup(inventory, later, options);
    expect(plan.incomplete.map(({ id }) => id.end)).toEqual([day(5)]);
    expect(plan.orphaned.map(({ id }) => id.end)).toEqual([day(8)]);
    expect(plan.loose).toEqual(namesOfMade(lost));
    expect([...allOf(plan)].sort()).toEqual([unfinished, orphan, lost].flatMap(namesOfMade).sort());
    const statistics = inventoryOf([...namesOfMade(full(0)), "duplicity-full.20230101T000000Z.jsonstat.gpg"]);
    expect(planCleanup(statistics, later, options).loose).toEqual(["duplicity-full.20230101T000000Z.jsonstat.gpg"]);
  });

  it("never takes signatures behind a hole in the signatures, as stock does: their sets live", () => {
    const inventory = inventoryOfSets([
      full(0, { lacks: "signatures" }),
      inc(0, 1),
      inc(1, 2, { lacks: "signatures" }),
      inc(2, 3),
    ]);
    expect(allOf(planCleanup(inventory, later, options))).toEqual([]);
  });

  it("leaves alone what may be in use: dated or stored less than the safety age ago", () => {
    const running = full(5, { lacks: "manifest", volumes: 2 });
    const names = [...namesOfMade(full(0)), ...namesOfMade(running)];
    const plan = (now: Date, modified?: Date, minimumAgeMs = SAFETY_AGE_MS) =>
      planCleanup(
        inventoryOf(names, [], (name) => (name.includes("vol2") ? modified : undefined)),
        now,
        { minimumAgeMs },
      );
    const justBefore = new Date(day(6).getTime() - 1000);
    expect(allOf(plan(justBefore))).toEqual([]);
    expect(plan(justBefore).recent.map(({ id }) => id.end)).toEqual([day(5)]);
    expect(allOf(plan(day(6))).length).toBe(3);
    expect(allOf(plan(day(9), day(8.5)))).toEqual([]); // a long run, whose volumes still arrive
    expect(allOf(plan(day(9.5), day(8.5))).length).toBe(3);
    expect(allOf(plan(day(5), day(5), 0)).length).toBe(3);
  });

  it("shows superseded increments, but leaves them to the removal of their chain", () => {
    const plan = planCleanup(inventoryOfSets([full(0), inc(0, 1), inc(0, 2)]), later, options);
    expect(plan.superseded.map(({ id }) => id.end)).toEqual([day(1)]);
    expect(allOf(plan)).toEqual([]);
  });

  it("takes leftovers from the archive directory when they are old and the target is really there", () => {
    const local = {
      live: "duplicity-full.20231114T221320Z.manifest",
      partial: "duplicity-full.20231114T221320Z.manifest.part",
      foreign: "duplicity-full.20200101T000000Z.manifest",
      temporary: ".doppel-0011223344556677",
      other: "lockfile.lock",
    };
    const archive = Object.values(local).map((name) => ({ name, modified: day(0) }));
    const { live: _, other: __, ...gone } = local;
    expect([...planCleanup(inventoryOf(namesOfMade(full(0)), archive), later, options).deletions.local].sort()).toEqual(
      Object.values(gone).sort(),
    );
    expect(planCleanup(inventoryOf(namesOfMade(full(0)), archive), day(0.5), options).deletions.local).toEqual([]);
    const empty = planCleanup(inventoryOf([], archive), later, options).deletions.local;
    expect([...empty].sort()).toEqual([local.partial, local.temporary].sort());
  });

  it("changes no chain, wherever deleting stops, and leaves nothing for a second run (random histories)", () => {
    fc.assert(
      fc.property(histories, fc.nat(40), (sets, age) => {
        const inventory = inventoryOfSets(sets);
        const newest = sets.at(-1)!.id.end;
        const now = new Date(newest.getTime() + DAY / 2);
        const plan = planCleanup(inventory, now, { minimumAgeMs: age * DAY });
        const before = chainsOf(inventory.collection);
        for (const left of moments(inventory.objects.keys(), allOf(plan))) {
          const collection = buildCollection(left);
          expect(chainsOf(collection)).toEqual(before);
          expect(collection.superseded.length).toBe(inventory.collection.superseded.length);
        }
        const gone = new Set(allOf(plan));
        for (const set of sets)
          if (set.id.end.getTime() > now.getTime() - age * DAY)
            for (const name of namesOfMade(set)) expect(gone.has(name)).toBe(false);
        const left = inventoryOf([...inventory.objects.keys()].filter((name) => !gone.has(name)));
        expect(allOf(planCleanup(left, now, { minimumAgeMs: age * DAY }))).toEqual([]);
        if (age === 0)
          expect([...left.collection.incomplete, ...left.collection.orphaned, ...left.collection.orphanedSignatures]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

function chainsOf({ chains }: Inventory["collection"]): readonly string[] {
  return chains.map(({ full, incrementals }) => [full, ...incrementals].map(({ id }) => setKey(id)).join());
}
