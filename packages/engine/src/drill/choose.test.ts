import { pathFromText } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { file } from "../history/test-support.ts";
import { outermost, Reservoir } from "./choose.ts";

const paths = Array.from({ length: 100 }, (_, n) => pathFromText(`f${String(n).padStart(2, "0")}`));

function chosen(count: number, seed: number, from = paths): readonly string[] {
  const reservoir = new Reservoir(count, seed);
  for (const path of from) reservoir.offer(file(path, ""));
  return reservoir.chosen.map(({ path }) => path);
}

describe("a reservoir", () => {
  it("holds as many as were asked for, ascending, the same for the same seed", () => {
    const ten = chosen(10, 7);
    expect(new Set(ten).size).toBe(10);
    expect(ten).toEqual(ten.toSorted());
    expect(chosen(10, 7)).toEqual(ten);
    expect(chosen(10, 8)).not.toEqual(ten);
    expect(chosen(1000, 7)).toEqual(paths);
    expect(chosen(0, 7)).toEqual([]);
  });

  it("takes each about as often, the first and the last too", () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 2000; seed++) {
      for (const path of chosen(10, seed)) counts.set(path, (counts.get(path) ?? 0) + 1);
    }
    // 200 are expected of each, with a standard deviation of 13.4; six of them.
    for (const path of paths) expect(Math.abs((counts.get(path) ?? 0) - 200), path).toBeLessThan(81);
  });
});

it("outermost paths come in the order of the format, without what lies below another", () => {
  const of = (...given: string[]): readonly string[] => outermost(given.map(pathFromText));
  expect(of("b", "a/c", "a", "a-b", "a/c/d", "b")).toEqual(["a", "a-b", "b"]);
  expect(of("x", "")).toEqual([""]);
  expect(of()).toEqual([]);
});
