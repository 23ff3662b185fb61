import { describe, expect, it } from "vitest";
import { ProgressLines } from "./progress-line.ts";

const counters = (bytes: number, storedBytes: number, totalBytes?: number) =>
  ({
    type: "progress",
    files: 1,
    bytes,
    volumes: 1,
    storedBytes,
    totalKnown: totalBytes !== undefined,
    ...(totalBytes !== undefined && { totalBytes }),
  }) as const;

describe("lines of progress", () => {
  it("come at their rate", () => {
    const lines = new ProgressLines(0, 3000);
    expect(lines.update(counters(10, 0), 2999)).toBeUndefined();
    expect(lines.update(counters(10, 0), 3000)).toBeDefined();
    expect(lines.update(counters(10, 0), 4000)).toBeUndefined();
  });

  it("have a bar of 40, and numbers for programs", () => {
    const lines = new ProgressLines(0, 3000);
    const line = lines.update(counters(25, 9_017_754, 100), 4000);
    expect(line?.text).toBe(`8.6MB 00:00:04 [2.1MB/s] [${"=".repeat(10)}>${" ".repeat(30)}] 25% ETA 12sec`);
    expect(line?.extra).toBe("9017754 4 25 12 2254438 0");
  });

  it("say when nothing arrives any more", () => {
    const lines = new ProgressLines(0, 3000);
    lines.update(counters(25, 100, 100), 3000);
    const line = lines.update(counters(25, 100, 100), 9000);
    expect([line?.text.endsWith("25% Stalled!"), line?.extra.endsWith(" 1")]).toEqual([true, true]);
  });

  it("end at 100%", () => {
    expect(new ProgressLines(0, 3000).finish(221, 3000)).toEqual({
      text: `0.2KB 00:00:03 [0.1KB/s] [${"=".repeat(40)}>] 100% ETA 0sec`,
      extra: "221 3 100 0 73 0",
    });
  });
});
