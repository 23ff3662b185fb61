import { describe, expect, it } from "vitest";
import { linearScale, logScale } from "./bench/scales.ts";
import { apart, scalingPlot } from "./bench/scaling-plot.ts";
import { stagesPlot } from "./bench/stages-plot.ts";
import { svg, text } from "./bench/svg.ts";

const machine = { cores: 2, cpu: "a CPU", memoryGigabytes: 8, kernel: "6", node: "20", programs: {} };

describe("scales", () => {
  it("linear: from 0, in round steps, with room for the largest", () => {
    for (const largest of [0.03, 1, 7, 110, 999, 1001]) {
      const scale = linearScale(largest, 300, 100);
      expect(scale.marks[0]).toBe(0);
      expect(scale.marks.at(-1)).toBeGreaterThanOrEqual(largest);
      expect(scale.marks.length).toBeLessThanOrEqual(7);
      expect(scale.at(0)).toBe(300);
      expect(scale.at(scale.marks.at(-1)!)).toBeCloseTo(100, 9);
    }
  });

  it("logarithmic: round marks around everything, equal factors equally far", () => {
    expect(logScale(7, 1462, 0, 100).marks).toEqual([5, 10, 20, 50, 100, 200, 500, 1000, 2000]);
    expect(logScale(10, 100, 0, 100).marks).toEqual([10, 20, 50, 100]);
    expect(logScale(42, 42, 0, 100).marks).toEqual([20, 50]);
    const { at } = logScale(10, 1000, 0, 100);
    expect([at(10), at(100), at(1000)].map(Math.round)).toEqual([0, 50, 100]);
  });
});

describe("labels", () => {
  it("do not lie upon each other, and stay in order", () => {
    expect(apart([100, 40, 103])).toEqual([100, 40, 118]);
    expect(apart([10, 10, 10])).toEqual([10, 28, 46]);
  });

  it("are escaped", () => {
    expect(text(1, 2, 'a < b & "c"')).toBe('<text x="1" y="2">a &lt; b &amp; &quot;c&quot;</text>');
    expect(svg(10, 10, "<title>", [])).not.toContain("<title>");
  });
});

describe("plots", () => {
  const stage = (of: "backup" | "restore", id: string, seconds: number) => ({
    of,
    id,
    name: `the ${id}`,
    megabytes: 100,
    seconds: [seconds],
  });

  it("of stages have each with its throughput of source bytes, backup first", () => {
    const results = [stage("restore", "write", 4), stage("backup", "walk", 0.5)];
    const picture = stagesPlot({ date: "", machine, sourceMegabytes: 1000, files: 1, results });
    expect(wellFormed(picture)).toBe(true);
    expect(textsOf(picture)).toEqual(expect.arrayContaining(["the walk", "2000", "the write", "250"]));
    expect(picture.indexOf("the walk")).toBeLessThan(picture.indexOf("the write"));
    expect(picture).toContain("prefers-color-scheme: dark");
  });

  it("of scaling have a line for each thing measured, through the points with as many threads as cores", () => {
    const point = (what: string, threads: number, cores: number, seconds: number) => ({
      what,
      threads,
      cores,
      seconds: [seconds],
    });
    const results = [point("full", 1, 1, 10), point("full", 1, 2, 9), point("full", 2, 2, 5), point("compression", 1, 1, 8)];
    const picture = scalingPlot({ date: "", machine, sourceMegabytes: 1000, results });
    expect(wellFormed(picture)).toBe(true);
    expect(picture.match(/<polyline[^>]*class="line/g)).toHaveLength(2);
    expect(picture.match(/<circle/g)).toHaveLength(3);
    expect(textsOf(picture)).toEqual(expect.arrayContaining(["full: 200", "compression: 125"]));
  });
});

function textsOf(picture: string): string[] {
  return [...picture.matchAll(/<text[^>]*>([^<]*)</g)].map(([, content]) => content!);
}

/** Every number is one, and every element is closed. */
function wellFormed(picture: string): boolean {
  const opened = picture.match(/<[a-z]+[^>]*[^/]>/g)?.length;
  return !/NaN|undefined|Infinity/.test(picture) && opened === picture.match(/<\/[a-z]+>/g)?.length;
}
