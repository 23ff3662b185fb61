import { describe, expect, it } from "vitest";
import { Vault } from "./vault.ts";

describe("the vault", () => {
  it("keeps each passphrase until its time", () => {
    let now = 1000;
    const vault = new Vault(() => now);
    expect([vault.isEmpty, vault.next]).toEqual([true, undefined]);
    expect(vault.hold("a", "@a", "Schlüssel", 500)).toBe(1500);
    vault.hold("b", "@b", "other", 100);
    expect([vault.get("a"), vault.get("b"), vault.get("c"), vault.next]).toEqual(["Schlüssel", "other", undefined, 100]);
    now = 1100;
    expect([vault.get("a"), vault.get("b"), vault.next]).toEqual(["Schlüssel", undefined, 400]);
    now = 1500;
    expect([vault.get("a"), vault.isEmpty]).toEqual([undefined, true]);
  });

  it("replaces, and forgets one or all", () => {
    const vault = new Vault(() => 0);
    vault.hold("a", "@a", "one", 10);
    vault.hold("a", "@a", "two", 10);
    vault.hold("b", "@b", "three", 10);
    vault.hold("c", "@c", "four", 10);
    expect(vault.get("a")).toBe("two");
    expect(vault.forget("a")).toEqual(["@a"]);
    expect(vault.forget("a")).toEqual([]);
    expect([vault.get("a"), vault.get("b")]).toEqual([undefined, "three"]);
    expect(vault.forget()).toEqual(["@b", "@c"]);
    expect(vault.isEmpty).toBe(true);
  });
});
