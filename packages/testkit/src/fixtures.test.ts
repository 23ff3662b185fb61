import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stockSets } from "./fixtures.ts";

describe("stockSets", () => {
  const sets = stockSets();

  it("has the sets of both versions and every envelope", () => {
    for (const name of ["pubkey", "symmetric", "signed", "hidden", "two", "prefix", "plain-gz", "plain-tar"]) {
      for (const age of ["old", "new"]) expect(sets.map((set) => set.name)).toContain(`${name}-${age}`);
    }
  });

  it.each(sets.map((set) => [set.name, set] as const))("%s: a full set with its expectation", (_, set) => {
    expect(readdirSync(set.backup).length).toBeGreaterThanOrEqual(3);
    const entries = set.expected();
    expect(entries[0]).toMatchObject({ path: "", type: "dir" });
    expect(
      entries.every((entry) => entry.type !== "file" || (/^[0-9a-f]{64}$/.test(entry.sha256!) && entry.size !== undefined)),
    ).toBe(true);
    expect(entries.every((entry) => entry.type !== "symlink" || entry.target !== undefined)).toBe(true);
    expect(set.restoreOptions.join(" ")).not.toContain("$");
  });

  it("reads names that are not UTF-8 as bytes", () => {
    const paths = sets
      .find((set) => set.name === "pubkey-old")!
      .expected()
      .map((entry) => entry.path);
    expect(paths).toContain("names/latin1-\xe9");
    expect(paths).toContain("names/\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87");
  });
});
