import type { CleanupReport, RetainReport } from "@doppel/engine/internal";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cleanupMessages, retentionMessages } from "./deletions.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

type Removed = RetainReport["plan"]["removed"][number];
const DELETIONS = { manifests: [], signatures: [], volumes: [], local: [], bytes: 0 };
const at = (day: number): Date => new Date(Date.UTC(2023, 10, day, 22, 13, 20));

function removed(day: number, whole = true): Removed {
  const id = { kind: "full" as const, start: at(day), end: at(day) };
  const full = { id, volumes: new Map(), encoding: "gpg" as const, signatures: `duplicity-full-signatures.${day}.sigtar.gpg` };
  const chain = { full, incrementals: [], start: at(day), end: at(day), hasSignatures: true };
  return { chain, sets: [full], whole, damage: [] };
}

function texts(chains: readonly Removed[], force: boolean, more: Partial<RetainReport["plan"]> = {}, three = false) {
  const plan = { removed: chains, kept: [], warnings: [], deletions: DELETIONS, ...more };
  const report = { target: "t", plan, applied: force };
  return retentionMessages(report, force, three ? "duplicity-3" : "duplicity-0.8").map(({ text }) => text);
}

const DAY_14 = "Tue Nov 14 22:13:20 2023";
const DAY_15 = "Wed Nov 15 22:13:20 2023";

describe("removing", () => {
  it("nothing", () => {
    expect(texts([], true)).toEqual(["No old backup sets found, nothing deleted."]);
  });

  it("only tells without force", () => {
    const last = "Rerun command with --force option to actually delete.";
    expect(texts([removed(14)], false)).toEqual([`Found old backup chain at the following time:\n${DAY_14}\n${last}`]);
    const both = `${DAY_14}\n${DAY_15}`;
    const two = [removed(14), removed(15)];
    expect(texts(two, false)).toEqual([`Found old backup chains at the following times:\n${both}\n${last}`]);
    expect(texts(two, false, {}, true)).toEqual([`Found old backup chain(s) at the following time:\n${both}\n${last}`]);
  });

  it("names chains, oldest first, and what goes of them, newest first, signatures once a place", () => {
    const deletions = { ...DELETIONS, local: ["duplicity-full-signatures.14.sigtar.gz"] };
    expect(texts([removed(14), removed(15)], true, { deletions })).toEqual([
      `Deleting backup chains at times:\n${DAY_14}\n${DAY_15}`,
      `Deleting complete signature chain ${DAY_15}`,
      `Deleting complete signature chain ${DAY_14}`,
      `Deleting complete signature chain ${DAY_14}`,
      `Deleting complete backup chain ${DAY_15}`,
      `Deleting complete backup chain ${DAY_14}`,
    ]);
    expect(texts([removed(14)], true, {}, true)[0]).toBe(`Deleting backup chain(s) at time:\n${DAY_14}`);
  });

  it("only increments", () => {
    expect(texts([removed(14, false)], true)).toEqual([
      `Deleting backup chain at time:\n${DAY_14}`,
      `Deleting any incremental signature chain rooted at ${DAY_14}`,
      `Deleting any incremental backup chain rooted at ${DAY_14}`,
    ]);
  });

  it("warns first", () => {
    const warnings = [{ kind: "newest-is-old", time: at(14) } as const, { kind: "needed", times: [at(14), at(15)] } as const];
    const [old, needed] = texts([], false, { warnings });
    expect(old).toMatch(/^Current active backup chain is older than specified time\. [^\n]+$/);
    expect(needed).toBe(
      `There are backup set(s) at time(s):\n${DAY_14}\n${DAY_15}\nWhich can't be deleted because newer sets depend on them.`,
    );
  });
});

function cleaning(deletions: Partial<CleanupReport["plan"]["deletions"]>, force: boolean, three = false) {
  const plan = { orphaned: [], uploads: [], deletions: { ...DELETIONS, ...deletions } } as unknown as CleanupReport["plan"];
  const report = { target: "t", plan, applied: force };
  return cleanupMessages(report, force, three ? "duplicity-3" : "duplicity-0.8").map(({ text }) => text);
}

describe("cleaning up", () => {
  const last = "Run duplicity again with the --force option to actually delete.";

  it("nothing", () => {
    expect(cleaning({}, true)).toEqual(["No extraneous files found, nothing deleted in cleanup."]);
  });

  it("one file", () => {
    expect(cleaning({ volumes: ["v"] }, false)).toEqual([`Found the following file to delete:\nv\n${last}`]);
    expect(cleaning({ volumes: ["v"] }, true)).toEqual(["Deleting this file from backend:\nv"]);
    expect(cleaning({ volumes: ["v"] }, true, true)).toEqual(["Deleting these file(s) from backend:\nv"]);
  });

  it("several, signatures first, then set by set", () => {
    const volumes = ["b.vol10.x", "b.vol9.x", "a.vol1.x"];
    expect(cleaning({ signatures: ["t", "s"], volumes, manifests: ["b.manifest", "a.manifest"] }, false)).toEqual([
      `Found the following files to delete:\ns\nt\na.vol1.x\na.manifest\nb.vol9.x\nb.vol10.x\nb.manifest\n${last}`,
    ]);
    expect(cleaning({ volumes }, true)[0]).toMatch(/^Deleting these files from backend:\n/);
  });
});
