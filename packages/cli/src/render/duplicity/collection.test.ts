import type { ChainStatus, SetStatus, StatusReport } from "@doppel/engine/internal";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { collectionStatus } from "./collection.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const at = (day: number): Date => new Date(Date.UTC(2023, 10, day, 22, 13, 20));

function set(kind: "full" | "inc", day: number, volumes = 1): SetStatus {
  const id = { kind, start: at(day), end: at(day) };
  return {
    set: { id, encoding: "gpg", volumes: new Map() },
    volumes,
    volumeBytes: 0,
    metadataBytes: 0,
    archived: new Map(),
    problems: [],
  };
}

function chain(hasSignatures: boolean, ...sets: readonly [SetStatus, ...SetStatus[]]): ChainStatus {
  const [{ set: full }, ...rest] = sets;
  const end = sets.at(-1)!.set.id.end;
  return { chain: { full, incrementals: rest.map(({ set: inc }) => inc), start: full.id.end, end, hasSignatures }, sets };
}

function report(chains: readonly ChainStatus[], more: Partial<StatusReport> = {}): StatusReport {
  return { target: "t", chains, incomplete: [], lostManifest: [], orphaned: [], orphanedSignatures: [], conflicts: [], ...more };
}

const HEAD = "Collection Status\n-----------------\nConnecting with backend: BackendWrapper\nArchive dir: /a\n\n";
const RULER = "-".repeat(25);
const COLUMNS = " Type of backup set:                            Time:      Num volumes:";

describe("the status of a collection", () => {
  it("is told byte for byte", () => {
    const { text, data, level, code } = collectionStatus(
      report([chain(true, set("full", 14), set("inc", 15, 12)), chain(true, set("full", 16))]),
      "/a",
      "duplicity-0.8",
    );
    expect(text).toBe(
      `${HEAD}Found 1 secondary backup chain.\nSecondary chain 1 of 1:\n${RULER}\nChain start time: Tue Nov 14 22:13:20 2023\n` +
        `Chain end time: Wed Nov 15 22:13:20 2023\nNumber of contained backup sets: 2\nTotal number of contained volumes: 13\n${COLUMNS}\n` +
        "                Full         Tue Nov 14 22:13:20 2023                 1\n" +
        `         Incremental         Wed Nov 15 22:13:20 2023                12\n${RULER}\n\n\n` +
        `Found primary backup chain with matching signature chain:\n${RULER}\nChain start time: Thu Nov 16 22:13:20 2023\n` +
        `Chain end time: Thu Nov 16 22:13:20 2023\nNumber of contained backup sets: 1\nTotal number of contained volumes: 1\n${COLUMNS}\n` +
        `                Full         Thu Nov 16 22:13:20 2023                 1\n${RULER}\nNo orphaned or incomplete backup sets found.`,
    );
    expect([level, code]).toEqual(["INFO", 3]);
    expect(data).toEqual([
      "backend BackendWrapper",
      "archive-dir (. dir)",
      "chain-no-sig 0",
      " full 20231114T221320Z 1 enc",
      " inc 20231115T221320Z 12 enc",
      "chain-complete",
      " full 20231116T221320Z 1 enc",
      "orphaned-sets-num 0",
      "incomplete-sets-num 0",
    ]);
  });

  it("of nothing", () => {
    const none = "No backup chains with active signatures found\nNo orphaned or incomplete backup sets found.";
    expect(collectionStatus(report([]), "/a", "duplicity-0.8").text).toBe(`${HEAD}Found 0 secondary backup chains.\n${none}`);
    expect(collectionStatus(report([]), "/a", "duplicity-3").text).toBe(`${HEAD}Found 0 secondary backup chain(s).\n${none}`);
  });

  it("has no primary chain when the newest one cannot be continued", () => {
    const { text } = collectionStatus(report([chain(false, set("full", 14))]), "/a", "duplicity-0.8");
    expect(text).toContain("Found 1 secondary backup chain.");
    expect(text).toContain(`${RULER}\n\nNo backup chains with active signatures found\n`);
  });

  it("counts what belongs to no chain", () => {
    const leftovers = { incomplete: [set("full", 15)], orphaned: [{ ...set("inc", 16), obstacle: "missing" as const }] };
    const old = collectionStatus(report([], leftovers), "/a", "duplicity-0.8").text;
    expect(old).toContain("Also found 1 backup set not part of any chain,\nand 1 incomplete backup set.\n");
    const three = collectionStatus(report([], leftovers), "/a", "duplicity-3").text;
    expect(three).toContain("Also found 1 backup set(s) not part of any chain,\nand 1 incomplete backup set(s).\n");
  });
});
