import { describe, expect, it } from "vitest";
import { utcDay } from "./calendar.ts";
import { type Inventory, setKey } from "./inventory.ts";
import { planRetention } from "./plan-retention.ts";
import type { RetentionPolicy } from "./policy.ts";
import { damageOf, day, full, inc, inventoryOf, inventoryOfSets, namesOfMade } from "./test-support.ts";

/** What stock duplicity 0.8.22 was asked in retention.interop.ts, too. */
const HISTORY = [full(0), inc(0, 1), inc(1, 2), full(10), inc(10, 11), inc(11, 22), full(20), full(30), inc(30, 31)];

function summary(inventory: Inventory, policy: RetentionPolicy) {
  const { removed, kept, warnings } = planRetention(inventory, policy);
  return {
    removed: removed.map(({ chain }) => chain.end),
    kept: kept.map(({ chain, reason }) => [chain.end, reason]),
    warnings,
  };
}

describe("planRetention", () => {
  const inventory = inventoryOfSets(HISTORY);

  it("removes chains whose last set is older than a time, and says what must stay", () => {
    expect(summary(inventory, { kind: "remove-older-than", time: day(21) })).toEqual({
      removed: [day(2), day(20)],
      kept: [
        [day(22), "needed"],
        [day(31), "newest"],
      ],
      warnings: [{ kind: "needed", times: [day(10), day(11)] }],
    });
  });

  it("does not take a set for old that is of that very second", () => {
    expect(summary(inventory, { kind: "remove-older-than", time: day(2) })).toMatchObject({
      removed: [],
      warnings: [{ kind: "needed", times: [day(0), day(1)] }],
    });
    expect(summary(inventory, { kind: "remove-older-than", time: new Date(day(2).getTime() + 1000) })).toMatchObject({
      removed: [day(2)],
      warnings: [],
    });
  });

  it("never removes the newest chain, nor anything of it (Z1)", () => {
    const plan = planRetention(inventory, { kind: "remove-older-than", time: day(39) });
    expect(plan.removed.map(({ chain }) => chain.end)).toEqual([day(2), day(20), day(22)]);
    expect(plan.warnings).toEqual([{ kind: "newest-is-old", time: day(31) }]);
    const gone = new Set([...plan.deletions.manifests, ...plan.deletions.signatures, ...plan.deletions.volumes]);
    const left = [...inventory.objects.keys()].filter((name) => !gone.has(name));
    expect(left.sort()).toEqual([full(30), inc(30, 31)].flatMap(namesOfMade).sort());
  });

  it("never removes the newest chain when no signatures are left, as stock would", () => {
    const bare = inventoryOfSets(HISTORY.map((set) => ({ ...set, lacks: "signatures" as const })));
    expect(planRetention(bare, { kind: "remove-older-than", time: day(39) }).kept.map(({ reason }) => reason)).toEqual([
      "newest",
    ]);
  });

  it("names the sets of the newest chain that are older than the limit", () => {
    expect(summary(inventory, { kind: "remove-older-than", time: day(30.5) }).warnings).toEqual([
      { kind: "needed", times: [day(30)] },
    ]);
  });

  it("keeps the last full sets and what belongs to them", () => {
    expect(summary(inventory, { kind: "remove-all-but-n-full", count: 2 })).toEqual({
      removed: [day(2)],
      kept: [
        [day(20), "new"],
        [day(22), "needed"],
        [day(31), "newest"],
      ],
      warnings: [{ kind: "needed", times: [day(10), day(11)] }],
    });
    expect(summary(inventory, { kind: "remove-all-but-n-full", count: 5 })).toMatchObject({ removed: [], warnings: [] });
    expect(summary(inventory, { kind: "remove-all-but-n-full", count: 4 })).toMatchObject({ removed: [], warnings: [] });
  });

  it("removes increments only, newest first", () => {
    const plan = planRetention(inventory, { kind: "remove-all-inc-of-but-n-full", count: 1 });
    expect(plan.removed.map(({ chain, whole }) => [chain.end, whole])).toEqual([
      [day(2), false],
      [day(22), false],
    ]);
    expect(plan.kept.map(({ reason }) => reason)).toEqual(["bare", "newest"]);
    expect(plan.removed[0]!.sets.map(({ id }) => id.end)).toEqual([day(2), day(1)]);
    expect([...plan.deletions.manifests, ...plan.deletions.signatures, ...plan.deletions.volumes].join()).not.toContain("full");
    expect(plan.deletions.bytes).toBe(4 * 3 * 10);
  });

  it("lists manifests before signatures before volumes, and of a chain the newest set first", () => {
    const two = inventoryOfSets([full(0, { volumes: 11 }), inc(0, 1), full(5)]);
    const { manifests, signatures, volumes } = planRetention(two, { kind: "remove-all-but-n-full", count: 1 }).deletions;
    const [base, next] = [namesOfMade(full(0, { volumes: 11 })), namesOfMade(inc(0, 1))];
    expect(manifests).toEqual([next.at(-1), base.at(-1)]);
    expect(signatures).toEqual([next.at(-2), base.at(-2)]);
    expect(volumes).toEqual([next[0], ...base.slice(0, 11)]);
  });

  it("takes what else carries the set's time: a second manifest, statistics, copies in the archive directory", () => {
    const [set, newer] = [namesOfMade(full(0)), namesOfMade(full(5))];
    const more = [
      set.at(-1)!.replace(".gpg", ""),
      "duplicity-full.20231114T221320Z.jsonstat.gpg",
      `${set[0]}.foreign`,
      "duplicity-full.20231114T221320Z.manifest.part",
    ];
    const old = (name: string) => ({ name, modified: day(0) });
    const local = ["duplicity-full.20231114T221320Z.manifest", "duplicity-full-signatures.20231114T221320Z.sigtar.gz"];
    const others = ["duplicity-full.20231119T221320Z.manifest", "lockfile.lock"];
    const inventory = inventoryOf([...set, ...newer, ...more], [...local, ...others].map(old));
    const { deletions } = planRetention(inventory, { kind: "remove-all-but-n-full", count: 1 });
    expect(new Set(deletions.manifests)).toEqual(new Set([more[0], more[3], set.at(-1)]));
    expect(new Set(deletions.volumes)).toEqual(new Set([more[1], set[0]]));
    expect(new Set(deletions.local)).toEqual(new Set(local));
  });

  it.each([
    ["an unfinished increment", [inc(1, 12, { lacks: "manifest" })]],
    ["an increment that fits nowhere", [inc(0, 12)]],
    ["an increment on one that has lost its manifest", [inc(2, 3, { lacks: "manifest" }), inc(3, 12)]],
  ])("keeps a chain that %s was made on top of", (_, sets) => {
    const on = inventoryOfSets([full(0), inc(0, 1), inc(1, 2), full(10), ...sets]);
    expect(planRetention(on, { kind: "remove-older-than", time: day(10) }).kept.map(({ reason }) => reason)).toContain("needed");
    expect(planRetention(on, { kind: "remove-older-than", time: day(13) }).removed.length).toBe(1);
  });

  it("takes old increments behind a lost manifest along, before what they build on", () => {
    const sets = [full(0), inc(0, 1, { lacks: "manifest" }), inc(1, 2), inc(2, 3), full(9)];
    const { manifests } = planRetention(inventoryOfSets(sets), { kind: "remove-all-but-n-full", count: 1 }).deletions;
    expect(manifests).toEqual([inc(2, 3), inc(1, 2), full(0)].map((set) => namesOfMade(set).at(-1)));
  });

  it("refuses when another chain would take over increments of the same second", () => {
    // Two fulls at day 0 and 2, and an increment that ends on day 2, too: day 2 to 3 belongs to the first of them.
    const sets = [full(0), inc(0, 2), full(2), inc(2, 3), inc(2, 4), full(9)];
    const inventory = inventoryOfSets(sets);
    const chains = inventory.collection.chains.map(({ full, incrementals }) =>
      [full, ...incrementals].map(({ id }) => setKey(id)),
    );
    expect(chains.some((chain) => chain.length === 3)).toBe(true);
    expect(() => planRetention(inventory, { kind: "keep", daily: 2, dayOf: utcDay })).toThrow(/nothing was deleted/);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses to keep %s full sets", (count) => {
    expect(() => planRetention(inventory, { kind: "remove-all-but-n-full", count })).toThrow(RangeError);
    expect(() => planRetention(inventory, { kind: "keep", daily: count, dayOf: utcDay })).toThrow(RangeError);
  });

  it("has nothing to do where there is nothing", () => {
    expect(summary(inventoryOf([]), { kind: "remove-all-but-n-full", count: 1 })).toEqual({
      removed: [],
      kept: [],
      warnings: [],
    });
    expect(summary(inventoryOf([]), { kind: "keep", yearly: 1, dayOf: utcDay })).toEqual({ removed: [], kept: [], warnings: [] });
  });
});

describe("damage", () => {
  const fulls = [full(0), full(10), full(20, { lost: [1] })];
  const plan = (policy: RetentionPolicy, sets = fulls) => {
    const { removed, kept } = planRetention(inventoryOfSets(sets), policy, damageOf(sets));
    return {
      removed: removed.map(({ chain }) => chain.start),
      kept: kept.map(({ chain, reason, damage, insteadOf }) => [
        chain.start,
        reason,
        damage.map(({ set, losses }) => [set.id.end, ...losses]),
        insteadOf.map(({ set }) => set.id.end),
      ]),
    };
  };
  const [sound, damaged] = [
    [day(10), "spare", [], [day(20)]],
    [day(20), "newest", [[day(20), "volume 1 missing"]], []],
  ];

  it.each<RetentionPolicy>([
    { kind: "remove-all-but-n-full", count: 1 },
    { kind: "remove-older-than", time: day(15) },
    { kind: "remove-older-than", time: day(99) },
    { kind: "keep", yearly: 1, dayOf: () => ({ year: 2023, month: 1, day: 1 }) },
  ])("of the newest chain keeps the one before for it: %j", (policy) => {
    expect(plan(policy)).toEqual({ removed: [day(0)], kept: [sound, damaged] });
  });

  it("does not count among full sets whose increments stay", () => {
    const sets = [full(0), inc(0, 1), full(10), inc(10, 11), full(20, { volumes: 2, lost: [2] }), inc(20, 21)];
    const { removed, kept } = plan({ kind: "remove-all-inc-of-but-n-full", count: 1 }, sets);
    expect(removed).toEqual([day(0)]);
    expect(kept.map(([time, reason]) => [time, reason])).toEqual([
      [day(10), "spare"],
      [day(20), "newest"],
    ]);
  });

  it("of increments counts as well: what they limit cannot be restored to its end", () => {
    const sets = [full(0), full(10), full(20), inc(20, 21, { lost: [1] }), inc(21, 22)];
    expect(plan({ kind: "remove-all-but-n-full", count: 1 }, sets)).toMatchObject({
      removed: [day(0)],
      kept: [
        [day(10), "spare", [], [day(21)]],
        [day(20), "newest", [[day(21), "volume 1 missing"]], []],
      ],
    });
  });

  it("of everything lets nothing go, of what is old anyway does", () => {
    const all = fulls.map((set) => ({ ...set, lost: [1] }));
    expect(plan({ kind: "remove-older-than", time: day(99) }, all)).toMatchObject({ removed: [] });
    expect(plan({ kind: "remove-all-but-n-full", count: 1 }, all)).toMatchObject({ removed: [] });
    const old = [full(0, { lost: [1] }), full(10)];
    expect(plan({ kind: "remove-all-but-n-full", count: 1 }, old)).toMatchObject({ removed: [day(0)] });
  });

  it("makes no month lose its only chain, nor count", () => {
    const sets = [full(0), full(31), full(62, { lost: [1] }), full(93)];
    const { removed, kept } = plan({ kind: "keep", monthly: 2, dayOf: utcDay }, sets);
    expect(removed).toEqual([day(0)]);
    expect(kept.map(([time, reason]) => [time, reason])).toEqual([
      [day(31), "spare"],
      [day(62), "period"],
      [day(93), "newest"],
    ]);
  });
});

describe("a keep policy", () => {
  const at = (text: string) => (Date.parse(text) - day(0).getTime()) / (day(1).getTime() - day(0).getTime());
  const fulls = ["2023-12-30", "2023-12-31", "2024-01-01", "2024-01-07", "2024-01-08", "2024-02-01"].map((text) =>
    full(at(`${text}T12:00:00Z`)),
  );
  const twice = full(at("2024-02-01T18:00:00Z"));
  const inventory = inventoryOfSets([...fulls, twice, inc(at("2024-01-01T12:00:00Z"), at("2024-01-05T12:00:00Z"))]);
  const kept = (counts: Partial<Record<"daily" | "weekly" | "monthly" | "yearly", number>>, dayOf = utcDay) =>
    planRetention(inventory, { kind: "keep", ...counts, dayOf }).kept.map(({ chain, periods, reason }) => {
      const time = chain.start.toISOString().slice(0, 13);
      return [time, ...(reason === "newest" ? ["newest"] : []), ...periods].join(", ");
    });

  it("keeps the newest full set of each of the last days, weeks, months and years that have one", () => {
    expect(kept({ daily: 2 })).toEqual(["2024-01-08T12, daily 2024-01-08", "2024-02-01T18, newest, daily 2024-02-01"]);
    expect(kept({ weekly: 3 })).toEqual([
      "2024-01-07T12, weekly week of 2024-01-01",
      "2024-01-08T12, weekly week of 2024-01-08",
      "2024-02-01T18, newest, weekly week of 2024-01-29",
    ]);
    expect(kept({ monthly: 9 })).toEqual([
      "2023-12-31T12, monthly 2023-12",
      "2024-01-08T12, monthly 2024-01",
      "2024-02-01T18, newest, monthly 2024-02",
    ]);
    expect(kept({ daily: 1, yearly: 2 })).toEqual([
      "2023-12-31T12, yearly 2023",
      "2024-02-01T18, newest, daily 2024-02-01, yearly 2024",
    ]);
  });

  it("keeps increments with their full set", () => {
    const { kept } = planRetention(inventory, { kind: "keep", daily: 4, dayOf: utcDay });
    expect(kept.find(({ chain }) => chain.incrementals.length > 0)?.periods).toEqual(["daily 2024-01-01"]);
  });

  it("keeps what complete increments behind a lost manifest build on", () => {
    const sets = [full(0), inc(0, 1, { lacks: "manifest" }), inc(1, 9), full(5)];
    const { kept, removed } = planRetention(inventoryOfSets(sets), { kind: "keep", daily: 1, dayOf: utcDay });
    expect([kept.map(({ reason }) => reason), removed]).toEqual([["needed", "newest"], []]);
  });

  it("counts days by the calendar it is given", () => {
    const west = (time: Date) => utcDay(new Date(time.getTime() - 13 * 3_600_000));
    expect(kept({ daily: 2 }, west)).toEqual(["2024-02-01T12, daily 2024-01-31", "2024-02-01T18, newest, daily 2024-02-01"]);
    expect(kept({ yearly: 2 }, west)).toEqual(["2024-01-01T12, yearly 2023", "2024-02-01T18, newest, yearly 2024"]);
  });
});
