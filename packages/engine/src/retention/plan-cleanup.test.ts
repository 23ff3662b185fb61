import { type BackupSet, buildCollection, type Collection, indexName, receiptName } from "@doppel/format";
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

  it("keeps a set that has lost its manifest, and the increments that a manifest would bring back", () => {
    const lost = { lacks: "manifest" } as const;
    const inventory = inventoryOfSets([full(0), inc(0, 1), inc(1, 2, lost), inc(2, 3), inc(3, 4), inc(4, 5, lost)]);
    const plan = planCleanup(inventory, later, options);
    expect(plan.lostManifest.map(({ id }) => id.end)).toEqual([day(2)]);
    expect(plan.unreachable.map(({ set, obstacle }) => [set.id.end, obstacle])).toEqual([
      [day(3), "lost-manifest"],
      [day(4), "lost-manifest"],
    ]);
    expect(plan.incomplete.map(({ id }) => id.end)).toEqual([day(5)]); // nothing builds on it
    expect([...allOf(plan)].sort()).toEqual([...namesOfMade(inc(4, 5, lost))].sort());
    const begun = planCleanup(inventoryOfSets([full(0, lost), inc(0, 1, lost), inc(1, 2)]), later, options);
    expect(begun.lostManifest.length).toBe(2);
    expect(allOf(begun)).toEqual([]);
  });

  it("keeps a set without a manifest whose receipt says that it was finished; an index alone does not keep it", () => {
    const lost = full(5, { lacks: "manifest", volumes: 2 });
    const names = [...namesOfMade(full(0)), ...namesOfMade(lost)];
    expect(allOf(planCleanup(inventoryOf(names), later, options)).length).toBe(3);
    const plan = planCleanup(inventoryOf([...names, receiptName(lost.id)]), later, options);
    expect(plan.lostManifest.map(({ id }) => id.end)).toEqual([day(5)]);
    expect([plan.incomplete, allOf(plan)]).toEqual([[], []]);
    expect(allOf(planCleanup(inventoryOf([...names, indexName(lost.id, "gpg")]), later, options)).length).toBe(4);
  });

  it("takes what only unfinished sets build on: removals that stopped leave that", () => {
    const lost = { lacks: "manifest" } as const;
    const plan = planCleanup(inventoryOfSets([full(0), inc(0, 1, lost), inc(1, 2, lost), full(9)]), later, options);
    expect(plan.incomplete.length).toBe(2);
    expect(plan.lostManifest).toEqual([]);
  });

  it("keeps what was made on top of a superseded increment, or of one in a chain that goes on without it", () => {
    const replaced = planCleanup(inventoryOfSets([full(0), inc(0, 1), inc(0, 2), inc(1, 3), inc(3, 4)]), later, options);
    expect(replaced.superseded.map(({ id }) => id.end)).toEqual([day(1)]);
    expect(replaced.unreachable.map(({ obstacle }) => obstacle)).toEqual(["replaced", "replaced"]);
    expect(allOf(replaced)).toEqual([]);
    const overtaken = planCleanup(inventoryOfSets([full(0), inc(0, 1), inc(1, 2), inc(0, 3), inc(3, 4)]), later, options);
    expect(overtaken.unreachable.map(({ obstacle }) => obstacle)).toEqual(["overtaken", "overtaken"]);
    expect(allOf(overtaken)).toEqual([]);
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
        if (age === 0) {
          const { incomplete, orphaned, orphanedSignatures } = left.collection;
          expect([...incomplete, ...orphaned].filter((set) => !mayLiveAgain(set, inventory.collection))).toEqual([]);
          expect(orphanedSignatures).toEqual([]);
        }
        const { incomplete, orphaned } = inventory.collection;
        for (const set of [...incomplete, ...orphaned])
          if (mayLiveAgain(set, inventory.collection)) expect(gone.has([...set.volumes.values()][0]!)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

/** The rule, from the other side: it is needed by a complete increment that has a way down to the chains. */
function mayLiveAgain(set: BackupSet, collection: Collection): boolean {
  const { chains, superseded, incomplete, orphaned } = collection;
  const ends = (sets: readonly BackupSet[], time: Date) => sets.filter(({ id }) => id.end.getTime() === time.getTime());
  const inPlace = [...chains.flatMap(({ full, incrementals }) => [full, ...incrementals]), ...superseded];
  const ways = (from: BackupSet): readonly (readonly BackupSet[])[] => {
    if (from.id.kind === "full" || ends(inPlace, from.id.start).length > 0) return [[from]];
    const below = ends([...incomplete, ...orphaned], from.id.start).filter(({ id }) => id.end < from.id.end);
    return below.flatMap(ways).map((way) => [...way, from]);
  };
  return orphaned.some((top) => ways(top).some((way) => way.some(({ id }) => setKey(id) === setKey(set.id))));
}

function chainsOf({ chains }: Inventory["collection"]): readonly string[] {
  return chains.map(({ full, incrementals }) => [full, ...incrementals].map(({ id }) => setKey(id)).join());
}
