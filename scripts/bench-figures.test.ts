import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { significant, valueOf, verdictOn } from "./bench/bounds.ts";
import { chosenJobs } from "./bench/jobs/all.ts";
import type { Job } from "./bench/jobs/job.ts";
import { jobsText } from "./bench/jobs-table.ts";
import { readOptions } from "./bench/options.ts";
import { megabytesRead } from "./bench/page-cache.ts";
import { withFigures } from "./bench/readme.ts";
import { addResults, type JobResult, type JobsSection, readResults, type Run } from "./bench/results.ts";
import { orderOf } from "./bench/run-jobs.ts";
import { hiddenText } from "./bench/stages-table.ts";
import { median } from "./bench/statistics.ts";

const run = (wallSeconds: number, cpuSeconds: number, storedMegabytes: number): Run => ({
  wallSeconds,
  cpuSeconds,
  storedMegabytes,
  peakMegabytes: 100,
});

const JOB: JobResult = {
  id: "full",
  name: "full, encrypted",
  peer: "tar | gpg",
  bounds: [
    { of: "speed", limit: 4 },
    { of: "stored", limit: 1.02 },
  ],
  runs: {
    doppel: [run(10, 18, 340), run(12, 20, 340), run(11, 19, 340)],
    peer: [run(50, 60, 342), run(200, 61, 342), run(44, 59, 342)],
  },
  readMegabytes: { doppel: 1.5, peer: 300 },
};

describe("figures", () => {
  it("median: the middle of what came in any order", () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
    expect(median([])).toBeNaN();
  });

  it("ratios are those of the medians: an outlier moves nothing", () => {
    expect(valueOf("speed", JOB)).toBeCloseTo(50 / 11, 10);
    expect(valueOf("cpu", JOB)).toBeCloseTo(19 / 60, 10);
    expect(valueOf("stored", JOB)).toBeCloseTo(340 / 342, 10);
    expect(valueOf("read", JOB)).toBe(1.5);
  });

  it("has no value for what was not measured", () => {
    const bare = { ...JOB, runs: { doppel: [{ wallSeconds: 1, cpuSeconds: 0, peakMegabytes: 1 }], peer: JOB.runs.peer } };
    expect(valueOf("stored", bare)).toBeUndefined();
    expect(verdictOn({ of: "stored", limit: 1.02 }, undefined)).toEqual({
      met: false,
      text: "stored not measured, bound 1.02x",
    });
  });

  it("a bound is met on its own side, itself included", () => {
    expect(verdictOn({ of: "speed", limit: 4 }, 4.2)).toEqual({ met: true, text: "speed 4.20x, bound 4x: met" });
    expect(verdictOn({ of: "speed", limit: 4 }, 3.99)).toEqual({ met: false, text: "speed 3.99x, bound 4x: MISSED" });
    expect(verdictOn({ of: "cpu", limit: 0.7 }, 0.7).met).toBe(true);
    expect(verdictOn({ of: "read", limit: 4 }, 4.1)).toEqual({ met: false, text: "read 4.10 MB, bound 4 MB: MISSED" });
  });

  it("a value that misses by less than is shown does not look as if it met", () => {
    expect(verdictOn({ of: "speed", limit: 4 }, 3.999).text).toBe("speed 3.999x, bound 4x: MISSED");
    expect(verdictOn({ of: "stored", limit: 1.02 }, 1.0203).text).toBe("stored 1.0203x, bound 1.02x: MISSED");
  });

  it("shows three digits that count", () => {
    expect([0, 0.0456, 0.928, 1.0049, 15.71, 123.4, 1234].map(significant).join(" ")).toBe("0 0.046 0.928 1.00 15.7 123 1234");
  });
});

describe("order", () => {
  it("swaps with each pair", () => {
    expect([1, 2, 3].map((pair) => orderOf(pair)[0])).toEqual(["doppel", "peer", "doppel"]);
  });
});

describe("texts", () => {
  it("a row has medians, ratios and what was promised; bars in names do not end a cell", () => {
    const machine = { cores: 2, cpu: "a CPU", memoryGigabytes: 8, kernel: "6", node: "20", programs: { gpg: "gpg 2" } };
    const sizes = { pairs: 3, files: 50_000, megabytes: 1000, bigMegabytes: 700 };
    const section = { date: "2026-01-02T03:04:05Z", machine, ...sizes, results: [JOB], absent: ["borg", "restic"] };
    const text = jobsText(section);
    expect(text).toContain(
      "| full, encrypted | tar \\| gpg | 50.0 s | 11.0 s | 4.55 | 0.317 | 100 | 0.994 | 1.50 | speed 4.55x, bound 4x: met; stored 0.994x, bound 1.02x: met |",
    );
    expect(text).toContain("Medians of 3 alternating pairs, 2026-01-02, 2 cores (a CPU), 8 GB, Node 20, gpg 2.");
    expect(text).toContain("Not installed, so not measured: borg, restic.");
  });

  it("tells whether everything hides behind compression", () => {
    const stage = (id: string, ...seconds: number[]) => ({ id, name: id, of: "backup" as const, megabytes: 1, seconds });
    expect(hiddenText([stage("compress-6", 10, 9, 11), stage("full-6", 11, 30, 11)])).toBe(
      "A full backup takes 1.10 times its compression alone, bound 1.15: met.",
    );
    expect(hiddenText([stage("compress-6", 10), stage("full-6", 12)])).toMatch(/: MISSED\.$/);
    expect(hiddenText([])).toMatch(/not measured/);
  });

  it("replaces what is between the marks of the README, and only that", () => {
    const [begin, end] = ["<!-- npm run bench writes from here -->", "<!-- to here -->"];
    const before = `a\n${begin}\nold\n${end}\nb\n`;
    const after = withFigures(before, "new");
    expect(after).toBe(`a\n${begin}\n\nnew\n\n${end}\nb\n`);
    expect(withFigures(after, "new")).toBe(after);
    expect(() => withFigures("no marks", "new")).toThrow("put them back");
  });
});

describe("jobs", () => {
  const job = (id: string, onRequest = false): Job => ({
    id,
    name: id,
    peer: "another",
    needs: [],
    bounds: [],
    onRequest,
    run: () => run(1, 1, 1),
  });
  const jobs = [job("full"), job("rare", true), job("list")];

  it("are all but those on request, or those that are named, in their own order", () => {
    expect(chosenJobs(jobs, undefined).map(({ id }) => id)).toEqual(["full", "list"]);
    expect(chosenJobs(jobs, ["rare", "full"]).map(({ id }) => id)).toEqual(["full", "rare"]);
    expect(() => chosenJobs(jobs, ["fulll"])).toThrow("there is no job fulll; there are full, rare, list");
  });
});

describe("the file of figures", () => {
  const section = (ids: readonly string[], pairs: number): JobsSection => ({
    date: "2026-11-23T00:00:00Z",
    machine: { cores: 2, cpu: "", memoryGigabytes: 1, kernel: "", node: "", programs: {} },
    pairs,
    files: 1,
    megabytes: 1,
    bigMegabytes: 1,
    results: ids.map((id) => ({ ...JOB, id, name: `${id} of ${ids.length}` })),
    absent: [],
  });

  it("keeps jobs that are not measured again, in their places, unless they were measured otherwise", () => {
    const folder = mkdtempSync(join(tmpdir(), "doppel-figures-"));
    const file = join(folder, "results.json");
    const names = (): unknown => readResults(file).jobs?.results.map(({ name }) => name);
    try {
      addResults(file, { jobs: section(["full", "restore", "list"], 5) });
      addResults(file, { jobs: section(["restore", "status"], 5) });
      expect(names()).toEqual(["full of 3", "restore of 2", "list of 3", "status of 2"]);
      addResults(file, { jobs: section(["restore"], 2) });
      expect(names()).toEqual(["restore of 1"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("bytes read", () => {
  it("are those of the files that were read", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "doppel-page-cache-"));
    try {
      writeFileSync(join(folder, "read"), randomBytes(3_000_000));
      writeFileSync(join(folder, "untouched"), randomBytes(5_000_000));
      const megabytes = megabytesRead(folder, () => readFileSync(join(folder, "read")));
      if (megabytes === undefined) return context.skip("the page cache cannot be asked here");
      expect(megabytes).toBeGreaterThanOrEqual(3);
      expect(megabytes).toBeLessThan(3.3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("options", () => {
  it("names sections and jobs, and refuses what is none", () => {
    expect(readOptions([]).sections).toEqual(["jobs"]);
    expect(readOptions(["--only", "stages,memory"]).sections).toEqual(["stages", "memory"]);
    expect(readOptions(["--only", "all"]).sections).toContain("s3");
    expect(readOptions(["--jobs", "full,list"]).jobs).toEqual(["full", "list"]);
    expect(() => readOptions(["--only", "stage"])).toThrow("there is no section stage");
    expect(() => readOptions(["--pairs", "0"])).toThrow("a whole number above 0");
    expect(() => readOptions(["--publish"])).toThrow("--json");
  });
});
