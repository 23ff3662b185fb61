import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob } from "./glob.ts";

/** Straight from the words of the specification (6.3), exponential and obviously so. */
function matches(pattern: readonly string[], text: string): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text === "";
  if (first === "**" || first === "*") {
    for (let taken = 0; taken <= text.length; taken++) {
      if (first === "*" && text.slice(0, taken).includes("/")) return false;
      if (matches(rest, text.slice(taken))) return true;
    }
    return false;
  }
  const char = text[0];
  if (char === undefined) return false;
  const takes =
    first === "?" ? char !== "/" : first === "[ab]" ? "ab".includes(char) : first === "[!a]" ? char !== "a" : first === char;
  return takes && matches(rest, text.slice(1));
}

function expected(pieces: readonly string[], text: string): "match" | "scan" | undefined {
  for (let end = 0; end <= text.length; end++) {
    if ((end === text.length || text[end] === "/") && matches(pieces, text.slice(0, end))) return "match";
  }
  const doubleStar = pieces.indexOf("**");
  const cut: readonly string[] = doubleStar < 0 ? pieces : pieces.slice(0, doubleStar + 1);
  const prefixes: (readonly string[])[] = cut.flatMap((piece, i) => (piece === "/" ? [i === 0 ? ["/"] : cut.slice(0, i)] : []));
  if (doubleStar >= 0) prefixes.push(cut);
  return prefixes.some((prefix) => matches(prefix, text)) ? "scan" : undefined;
}

/** Two stars beside each other would be read as one token. */
const pattern = fc
  .array(fc.constantFrom("a", "a", "b", "ä", "/", "/", "?", "*", "**", "[ab]", "[!a]"), { minLength: 1, maxLength: 9 })
  .map((pieces) => pieces.filter((piece, i) => !(i > 0 && piece.startsWith("*") && pieces[i - 1]?.startsWith("*"))))
  .filter((pieces) => !pieces.join("").includes("//") && pieces.at(-1) !== "/");
const text = fc.array(fc.constantFrom("a", "a", "b", "ä", "/"), { minLength: 1, maxLength: 10 }).map((chars) => chars.join(""));

describe("compileGlob", () => {
  it("agrees with the definition", () => {
    fc.assert(
      fc.property(pattern, text, (pieces, path) => {
        expect(compileGlob(pieces.join("")).answer(path, true)).toBe(expected(pieces, path));
      }),
      { numRuns: 5000 },
    );
  });

  it("agrees with itself in another case, and across the words of its state", () => {
    const padding = "x".repeat(40);
    fc.assert(
      fc.property(pattern, text, (pieces, path) => {
        const plain = compileGlob(pieces.join("")).answer(path, true);
        expect(compileGlob(`ignorecase:${pieces.join("").toUpperCase()}`).answer(path, true)).toBe(plain);
        // A directory in front moves every token to another bit; the set keeps it from being compared as a string.
        if (pieces[0] === "/" || path.startsWith("/")) return;
        expect(compileGlob(`[x]${padding}/${pieces.join("")}`).answer(`x${padding}/${path}`, true)).toBe(plain);
      }),
      { numRuns: 2000 },
    );
  });
});
