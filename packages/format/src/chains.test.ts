import { describe, expect, it } from "vitest";
import { buildCollection, type Collection } from "./chains.ts";
import { chainAt } from "./choose.ts";
import { manifestName, type SetId, signaturesName, volumeName } from "./names.ts";
import { codeOf, stockFixture } from "./test-support.ts";

/** Hour `n` of a day. */
function at(n: number): Date {
  return new Date(Date.UTC(2026, 0, 1, n));
}

function id(start: number, end: number | undefined): SetId {
  return end === undefined ? { kind: "full", start: at(start), end: at(start) } : { kind: "inc", start: at(start), end: at(end) };
}

/** The files of a full set at `start`, or of an increment; `without` some of them. */
function set(start: number, end?: number, without = ""): string[] {
  const of = id(start, end);
  const names = [volumeName(of, 1, "gpg"), volumeName(of, 2, "gpg"), signaturesName(of, "gpg"), manifestName(of, "gpg")];
  return names.filter((name) => without === "" || !without.split(" ").some((word) => name.includes(`.${word}`)));
}

/** Chains as the hours of their sets: "0 0-1 1-2". */
function shape(collection: Collection): string[] {
  return collection.chains.map((chain) => [chain.full, ...chain.incrementals].map((one) => hours(one.id)).join(" "));
}

function hours({ kind, start, end }: SetId): string {
  return kind === "full" ? `${end.getUTCHours()}` : `${start.getUTCHours()}-${end.getUTCHours()}`;
}

function latest(collection: Collection): string | undefined {
  const found = chainAt(collection, at(23));
  return found === undefined ? undefined : hours(found.sets.at(-1)!.id);
}

describe("buildCollection", () => {
  it("groups files to sets, whatever the order, the spelling of the time and the encoding", () => {
    const names = [
      "duplicity-full.20260101T010000Z.vol2.difftar.gpg",
      "duplicity-full.2026-01-01T02:00:00+01:00.vol10.difftar.gz",
      "duplicity-full.20260101t010000z.manifest",
      "df.t85ae8.1.dt",
      "README",
    ];
    const short = `df.${(at(1).getTime() / 1000).toString(36)}.1.dt`;
    names[3] = short;
    for (const order of [names, names.toReversed()]) {
      const [chain, ...rest] = buildCollection(order).chains;
      expect(rest).toEqual([]);
      expect(chain!.full).toEqual({
        id: id(1, undefined),
        volumes: new Map([
          [1, short],
          [2, names[0]],
          [10, names[1]],
        ]),
        manifest: names[2],
        encoding: "gpg",
      });
    }
  });

  it("joins chains (spec 1.5)", () => {
    const collection = buildCollection([...set(0), ...set(0, 1), ...set(1, 2), ...set(3), ...set(3, 4)].toReversed());
    expect(shape(collection)).toEqual(["0 0-1 1-2", "3 3-4"]);
    expect(collection.chains[0]).toMatchObject({ start: at(0), end: at(2), hasSignatures: true });
    expect(collection).toMatchObject({ incomplete: [], orphaned: [], superseded: [], orphanedSignatures: [], conflicts: [] });
  });

  it("lists chains by their end, when an older one goes on", () => {
    expect(shape(buildCollection([...set(0), ...set(2), ...set(0, 5)]))).toEqual(["2", "0 0-5"]);
  });

  it("lets the later of two increments from one start win, and says so", () => {
    const collection = buildCollection([...set(0), ...set(0, 1), ...set(0, 2), ...set(2, 3)]);
    expect(shape(collection)).toEqual(["0 0-2 2-3"]);
    expect(collection.superseded.map((one) => hours(one.id))).toEqual(["0-1"]);
  });

  it("calls increments orphaned that continue nothing, or end before they start", () => {
    const collection = buildCollection([...set(0), ...set(1, 2), ...set(5, 4)]);
    expect(shape(collection)).toEqual(["0"]);
    expect(collection.orphaned.map((one) => hours(one.id))).toEqual(["1-2", "5-4"]);
  });

  it("has nothing to say about nothing", () => {
    const collection = buildCollection(["lost+found", ".duplicity-full.20260101T010000Z.manifest"]);
    expect(collection).toEqual({
      chains: [],
      incomplete: [],
      orphaned: [],
      superseded: [],
      orphanedSignatures: [],
      conflicts: [],
    });
    expect(chainAt(collection, at(1))).toBeUndefined();
  });

  it("takes 130,000 names, which are more than a call takes arguments", () => {
    const names: string[] = [];
    const hour = (n: number) => new Date(Date.UTC(2000, 0, 1, n));
    for (let chain = 0; chain < 5; chain++) {
      for (let n = 0; n < 1000; n++) {
        const end = hour(chain * 1000 + n);
        const of: SetId = n === 0 ? { kind: "full", start: end, end } : { kind: "inc", start: hour(chain * 1000 + n - 1), end };
        names.push(signaturesName(of, "gpg"), manifestName(of, "gpg"));
        const [before, after] = volumeName(of, 7, "gpg").split(".vol7."); // writing each name anew takes longer than reading it
        for (let volume = 1; volume <= 24; volume++) names.push(`${before}.vol${volume}.${after}`);
      }
    }
    const { chains } = buildCollection(names);
    expect(chains.map((chain) => chain.incrementals.length)).toEqual(Array.from({ length: 5 }, () => 999));
    expect(chains.every(({ full }) => full.volumes.size === 24)).toBe(true);
  });

  it.each(["plain-gz-old", "shortnames-old", "oldnames-old", "jsonstat-new"])("finds the one chain of %s", (fixture) => {
    const collection = buildCollection(stockFixture(fixture).keys());
    expect(collection.chains.length).toBe(1);
    expect(collection.chains[0]!.hasSignatures).toBe(true);
    expect(collection.conflicts).toEqual([]);
  });
});

describe("the states of spec 1.5", () => {
  const chain = [...set(0), ...set(0, 1)];

  it("last set lacks its new-signatures, earlier ones have theirs: stock drops it, we use it and report", () => {
    const collection = buildCollection([...chain, ...set(1, 2, "sigtar")]);
    expect(latest(collection)).toBe("1-2");
    expect(hours(collection.stockDiscards!.id)).toBe("1-2");
    expect(collection.chains[0]!.hasSignatures).toBe(false);
  });

  it("the last two sets lack new-signatures: latest", () => {
    const collection = buildCollection([...set(0), ...set(0, 1, "sigtar"), ...set(1, 2, "sigtar")]);
    expect(latest(collection)).toBe("1-2");
    expect(collection.stockDiscards).toBeUndefined();
  });

  it("no sigtar anywhere: latest", () => {
    const collection = buildCollection([...set(0, undefined, "sigtar"), ...set(0, 1, "sigtar")]);
    expect(latest(collection)).toBe("0-1");
    expect(collection.stockDiscards).toBeUndefined();
  });

  it("last inc lacks its manifest but has its sigtar: the previous backup", () => {
    const collection = buildCollection([...chain, ...set(1, 2, "manifest")]);
    expect(latest(collection)).toBe("0-1");
    expect(collection.incomplete.map((one) => [hours(one.id), one.signatures !== undefined])).toEqual([["1-2", true]]);
    expect(collection.stockDiscards).toBeUndefined();
  });

  it("the same after stock's cleanup, which leaves the sigtar: it is reported", () => {
    const collection = buildCollection([...chain, ...set(1, 2, "manifest vol1 vol2")]);
    expect(latest(collection)).toBe("0-1");
    expect(collection.incomplete).toEqual([]);
    expect(collection.orphanedSignatures).toEqual([signaturesName(id(1, 2), "gpg")]);
  });

  it("a middle inc lacks its manifest: the last set before the hole", () => {
    const collection = buildCollection([...chain, ...set(1, 2, "manifest"), ...set(2, 3)]);
    expect(latest(collection)).toBe("0-1");
    expect(collection.orphaned.map((one) => hours(one.id))).toEqual(["2-3"]);
  });

  it("the full lacks its manifest: nothing usable", () => {
    const collection = buildCollection([...set(0, undefined, "manifest"), ...set(0, 1)]);
    expect(latest(collection)).toBeUndefined();
    expect(collection.incomplete.length + collection.orphaned.length).toBe(2);
  });

  it("an inc starts at no chain's end: orphaned, the older state", () => {
    const collection = buildCollection([...chain, ...set(5, 6)]);
    expect(latest(collection)).toBe("0-1");
  });

  it("an inc of the older chain ends after a new full: ambiguous, also where stock silently takes the older chain", () => {
    const collection = buildCollection([...set(0), ...set(2), ...set(0, 5)]);
    expect(codeOf(() => chainAt(collection, at(2)))).toBe("collection.ambiguous");
    expect(codeOf(() => chainAt(collection, at(3)))).toBe("collection.ambiguous");
    expect(latest(collection)).toBe("0-5");
    expect(hours(chainAt(collection, at(1))!.sets.at(-1)!.id)).toBe("0");
  });

  it("manifest.part does not complete a set", () => {
    const part = `${manifestName(id(1, 2), "plain")}.part`;
    const collection = buildCollection([...chain, ...set(1, 2, "manifest"), part]);
    expect(latest(collection)).toBe("0-1");
    expect(collection.incomplete.length).toBe(1);
    expect(collection.conflicts).toMatchObject([{ names: [part], ambiguous: false }]);
  });
});

describe("chainAt", () => {
  const collection = buildCollection([...set(2), ...set(2, 4), ...set(4, 6), ...set(10), ...set(10, 12)]);
  it.each([
    [2, ["2"]],
    [3, ["2"]],
    [5, ["2", "2-4"]],
    [6, ["2", "2-4", "4-6"]],
    [9, ["2", "2-4", "4-6"]],
    [10, ["10"]],
    [23, ["10", "10-12"]],
    [1, ["2"]],
  ])("at %i", (hour, sets) => {
    expect(chainAt(collection, at(hour))!.sets.map((one) => hours(one.id))).toEqual(sets);
  });

  it("passes over sets from the future", () => {
    expect(chainAt(collection, at(11))!.sets.map((one) => hours(one.id))).toEqual(["10"]);
  });
});

describe("what makes stock stop (spec 1.4)", () => {
  const clean = set(0);
  it.each([
    ["duplicity-full.20260101T000000Z.vol1.difftar.tmp", false],
    ["duplicity-full.20260101T000000Z.vol1.difftar.gpg.part2", false],
    ["duplicity-full.20260101T000000Z.vol1.difftar.gpg.par2", false],
    ["duplicity-full.20260101T000000Z.manifest.bak", false],
    ["duplicity-full-signatures.20260101T000000Z.sigtar.part", false],
    ["duplicity-full.20260101T000000Z.vol0.difftar", false],
    ["duplicity-full.20260101T000000Z.manifest", true],
    ["duplicity-full-signatures.20260101T000000Z.sigtar.gz", true],
    ["duplicity-full.20260101t000000z.vol1.difftar.gpg", true],
    ["duplicity-full.2026-01-01T00:00:00Z.vol1.difftar.gpg", true],
  ])("%s", (name, ambiguous) => {
    const collection = buildCollection([...clean, name]);
    expect(collection.conflicts.map((conflict) => conflict.ambiguous)).toEqual([ambiguous]);
    expect(collection.conflicts[0]!.names).toContain(name);
    expect(collection.conflicts[0]!.names.length).toBe(ambiguous ? 2 : 1);
    expect(shape(collection)).toEqual(["0"]);
  });

  it.each([
    ["duplicity-full.20260101T000000Z.vol1.difftar", "both are volume 1 of one backup set"],
    ["duplicity-full.20260101T000000Z.manifest", "both are the manifest of one backup set"],
    ["duplicity-full.20260101T000000Z.vol1.difftar.tmp", "duplicity takes it for volume 1 of a backup; doppel passes it over"],
  ])("%s, in words", (name, reason) => {
    expect(buildCollection([...clean, name]).conflicts.map((conflict) => conflict.reason)).toEqual([reason]);
  });

  it("and what does not", () => {
    const harmless = [
      "duplicity-full.20260101T000000Z.vol1.difftar~",
      "duplicity-full.20260101T000000Z.jsonstat.tmp",
      "x",
      ...clean,
    ];
    expect(buildCollection([...clean, ...harmless]).conflicts).toEqual([]);
  });
});
