import type { BytePath } from "@doppel/base";
import type { Manifest } from "@doppel/format";
import { expect, it } from "vitest";
import { volumesWanted } from "./wanted-volumes.ts";

const p = (text: string): BytePath => text as BytePath;
const manifest = (...bounds: readonly (readonly [string, string])[]): Manifest => ({
  volumes: bounds.map(([start, end], index) => ({
    number: index + 1,
    start: { path: p(start) },
    end: { path: p(end) },
    hashes: new Map(),
  })),
});
const chosen = (of: Manifest, wanted: string, careful: boolean) => {
  const { manifest: part, beside } = volumesWanted(of, [p(wanted)], careful);
  return { read: part.volumes.map(({ number }) => number), beside: [...beside] };
};

it("takes the volumes whose bounds hold the path, and where nothing is said to be, those beside it", () => {
  const four = manifest(["", "a"], ["b", "d/1"], ["d/2", "d/9"], ["x", "z"]);
  expect(chosen(four, "c", false)).toEqual({ read: [2], beside: [] });
  expect(chosen(four, "c", true)).toEqual({ read: [2], beside: [] });
  expect(chosen(four, "d", true)).toEqual({ read: [2, 3, 4], beside: [4] });
  expect(chosen(four, "d/5", true)).toEqual({ read: [3], beside: [] });
  expect(chosen(four, "m", false)).toEqual({ read: [], beside: [] });
  expect(chosen(four, "m", true)).toEqual({ read: [3, 4], beside: [3, 4] });
  expect(chosen(four, "zz", true)).toEqual({ read: [4], beside: [4] });
  expect(chosen(four, "", true)).toEqual({ read: [1, 2, 3, 4], beside: [] });
});

it("reads the right volume although one of its bounds is wrong", () => {
  const right: readonly (readonly [string, string])[] = [
    ["", "c"],
    ["d", "d/5"],
    ["d/6", "m"],
  ];
  for (const [at, wanted] of [
    [0, "a"],
    [1, "d/3"],
    [2, "g"],
  ] as const)
    for (const end of [0, 1])
      for (const wrong of ["", "a", "b", "d/2", "d/4", "f", "n", "z"]) {
        const bounds = right.map((bound, index) =>
          index !== at ? bound : end === 0 ? ([wrong, bound[1]] as const) : ([bound[0], wrong] as const),
        );
        expect(chosen(manifest(...bounds), wanted, true).read, `${JSON.stringify(bounds)} ${wanted}`).toContain(at + 1);
      }
});
