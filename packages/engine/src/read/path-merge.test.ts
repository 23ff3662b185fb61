import { type BytePath, comparePaths, pathFromText } from "@doppel/base";
import fc from "fast-check";
import { expect, it } from "vitest";
import { PathMerge } from "./path-merge.ts";

const path = fc.constantFrom("", "a", "a/b", "a-b", "a.b", "b", "b/a", "c").map(pathFromText);
const lane = fc.uniqueArray(path).map((paths) => paths.sort(comparePaths));

it("gives every path once, in order, with exactly the lanes that have it, oldest first", () => {
  fc.assert(
    fc.property(fc.array(lane, { maxLength: 9 }), (inputs) => {
      const lanes = inputs.map((paths, age) => ({ age, rest: [...paths], path: undefined as BytePath | undefined }));
      const merge = new PathMerge(lanes);
      expect(merge.here).toEqual(lanes);
      const steps: [BytePath, number[]][] = [];
      for (;;) {
        for (const each of merge.here) each.path = each.rest.shift();
        const here = merge.next();
        if (here.length === 0) break;
        steps.push([here[0]!.path!, here.map(({ age }) => age)]);
      }
      const all = [...new Set(inputs.flat())].sort(comparePaths);
      expect(steps).toEqual(all.map((one) => [one, [...inputs.keys()].filter((age) => inputs[age]!.includes(one))]));
      expect(merge.next()).toEqual([]); // it stays at its end
    }),
  );
});
