import { comparePaths, isWithin, pathFromText } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UnreadablePaths } from "./unreadable-paths.ts";

const path = (text: string) => pathFromText(text);

describe("unreadable paths", () => {
  it("hold themselves and what is below them, not their neighbours", () => {
    const paths = new UnreadablePaths();
    for (const text of ["a", "b/c", "d"]) paths.add(path(text));
    const asked = ["a", "a/x", "a/x/y", "a-b", "b", "b/c", "b/c/d", "b/cd", "c", "d"];
    expect(asked.filter((text) => paths.hold(path(text)))).toEqual(["a", "a/x", "a/x/y", "b/c", "b/c/d", "d"]);
  });

  it("say the same as a search through all of them, whenever they become known", () => {
    const name = fc.constantFrom("a", "b", "a-", "c");
    const text = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => path(names.join("/")));
    fc.assert(
      fc.property(fc.uniqueArray(text), fc.uniqueArray(text), fc.boolean(), (unreadable, asked, late) => {
        const ascending = unreadable.toSorted(comparePaths);
        // Nothing is looked for below what cannot be read.
        const given = ascending.filter((at) => !ascending.some((above) => above !== at && isWithin(at, above)));
        const paths = new UnreadablePaths();
        let known = late ? 0 : given.length;
        for (const at of given.slice(0, known)) paths.add(at);
        for (const at of asked.toSorted(comparePaths)) {
          for (; known < given.length && comparePaths(given[known]!, at) <= 0; known++) paths.add(given[known]!);
          expect(paths.hold(at)).toBe(given.some((above) => isWithin(at, above)));
        }
      }),
    );
  });
});
