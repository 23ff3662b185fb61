import type { RunEvent } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { preamble } from "./preamble.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

type Read = Extract<RunEvent, { type: "collection.read" }>;
const NOTHING: Read = {
  type: "collection.read",
  incompleteSets: [],
  orphanedSets: [],
  orphanedSignatures: [],
  orphanedLocalSignatures: [],
  synchronized: true,
};
const SYNCHRONIZED = "Local and Remote metadata are synchronized, no sync needed.";

describe("the preamble", () => {
  it.each(["backup", "full", "incremental", "restore", "verify", "list", "cleanup"] as const)("of %s", (command) => {
    expect(preamble(NOTHING, command, "duplicity-3").map(({ text }) => text)).toEqual([
      SYNCHRONIZED,
      "Last full backup date: none",
    ]);
  });

  it.each(["status", "remove-older-than", "remove-all-but-n-full", "remove-all-inc-of-but-n-full"] as const)(
    "of %s, which needs no archive directory",
    (command) => {
      expect(preamble(NOTHING, command, "duplicity-3").map(({ text }) => text)).toEqual(["Last full backup date: none"]);
    },
  );

  it("does not say what is not so", () => {
    const read = { ...NOTHING, synchronized: false, lastFull: new Date(1_700_000_000_000) };
    expect(preamble(read, "backup", "duplicity-3").map(({ text }) => text)).toEqual([
      "Last full backup date: Tue Nov 14 22:13:20 2023",
    ]);
  });

  it("begins with what lies about", () => {
    const read = {
      ...NOTHING,
      incompleteSets: [["v"]],
      orphanedSets: [["m", "v"], ["n"]],
      orphanedSignatures: ["s", "t"],
      orphanedLocalSignatures: ["s"],
    };
    expect(preamble(read, "status", "duplicity-0.8").map(({ code, text }) => [code, text])).toEqual([
      [2, "Warning, found the following local orphaned signature file:\ns"],
      [2, "Warning, found the following remote orphaned signature files:\ns\nt"],
      [5, "Warning, found incomplete backup sets, probably left from aborted session"],
      [6, "Warning, found the following orphaned backup files:\n[m, v]\n[n]"],
      [undefined, "Last full backup date: none"],
    ]);
    expect(preamble(read, "status", "duplicity-3")[0]?.text).toContain("signature file(s):");
  });
});
