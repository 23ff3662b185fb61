import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellWord } from "./quote.ts";

/** What bash makes of a word. */
function asBashReads(words: readonly string[]): string[] {
  const script = Buffer.from(`printf '%s\\0' ${words.join(" ")}`, "latin1");
  return execFileSync("bash", ["-s"], { input: script }).toString("latin1").split("\0").slice(0, -1);
}

describe("shellWord", () => {
  it("leaves plain names readable", () => {
    expect(shellWord("duplicity-full.20261122T024319Z.vol1.difftar.gpg")).toBe(
      "duplicity-full.20261122T024319Z.vol1.difftar.gpg",
    );
    expect(shellWord("a b")).toBe("'a b'");
    expect(shellWord("new\nline \xff")).toBe("$'new\\012line \\377'");
  });

  it("is read by bash as exactly the bytes it stands for", () => {
    const name = fc.uint8Array({ minLength: 1, maxLength: 12, min: 1 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
    const tricky = fc.constantFrom("-n", "'", "''", "$x", "`id`", "\\", "a\\'b", "!", "~", "*", "\n", "\x1b[2J", "é");
    fc.assert(
      fc.property(fc.array(fc.oneof(name, tricky), { minLength: 1, maxLength: 40 }), (names) => {
        expect(asBashReads(names.map(shellWord))).toEqual(names);
      }),
      { numRuns: 25 },
    );
  });
});
