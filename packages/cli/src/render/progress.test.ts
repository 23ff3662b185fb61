import { describe, expect, it } from "vitest";
import { Progress } from "./progress.ts";
import { Screen } from "./screen.ts";

const MB = 2 ** 20;
const counters = (bytes: number, more: object = {}) =>
  ({ type: "progress", files: 12, bytes, volumes: 0, storedBytes: 0, totalKnown: false, ...more }) as const;

describe("Progress", () => {
  it("says nothing before it knows anything", () => {
    expect(new Progress("backup").line(80)).toBeUndefined();
  });

  it("tells share, rate and time left once the total is known", () => {
    const progress = new Progress("backup");
    progress.update(counters(0, { totalBytes: 50 * MB }), 0);
    expect(progress.line(100)).toBe("backing up, 0 bytes of at least 50.0 MB, 12 files, 0 volumes stored");
    progress.update(counters(10 * MB, { totalBytes: 100 * MB, totalKnown: true, volumes: 1, storedBytes: 5 * MB }), 2000);
    expect(progress.line(100)).toBe(
      "backing up 10%, 10.0 MB of 100 MB, 12 files, 5.00 MB/s, 18 s left, 1 volume stored (5.00 MB)",
    );
    progress.update(counters(100 * MB, { totalBytes: 100 * MB, totalKnown: true }), 20_000);
    expect(progress.line(100)).toMatch(/^finishing 100%, 100 MB of 100 MB, 12 files, /);
  });

  it("counts objects, and no files, when auditing", () => {
    const progress = new Progress("audit");
    const read = (volumes: number) => ({ files: 0, volumes, totalVolumes: 4, totalBytes: 40 * MB, totalKnown: true });
    progress.update(counters(0, read(0)), 0);
    progress.update(counters(10 * MB, { ...read(1), storedBytes: 10 * MB }), 2000);
    expect(progress.line(100)).toBe("auditing 25%, 10.0 MB of 40.0 MB, 5.00 MB/s, 6.0 s left, 1 of 4 objects");
  });

  it("goes by the volumes that are used up when reading", () => {
    const progress = new Progress("restore");
    const totals = { totalVolumes: 4, totalStoredBytes: 40 * MB };
    const read = (volumes: number) => ({ ...totals, volumes, storedBytes: volumes * 10 * MB });
    progress.update(counters(0, read(0)), 1000);
    progress.update(counters(15 * MB, read(0)), 4000);
    expect(progress.line(100)).toBe("restoring 0%, 15.0 MB, 12 files, 5.00 MB/s, 0 of 4 volumes");
    progress.update(counters(50 * MB, read(1)), 11_000);
    expect(progress.line(100)).toBe("restoring 25%, 50.0 MB, 12 files, 5.00 MB/s, 30 s left, 1 of 4 volumes (10.0 MB)");
    progress.update(counters(75 * MB, read(1)), 16_000);
    expect(progress.line(100)).toBe("restoring 25%, 75.0 MB, 12 files, 5.00 MB/s, 25 s left, 1 of 4 volumes (10.0 MB)");
    progress.update(counters(200 * MB, read(4)), 41_000);
    expect(progress.line(100)).toBe("restoring 100%, 200 MB, 12 files, 5.00 MB/s, 4 of 4 volumes (40.0 MB)");
  });

  it("follows a change of pace", () => {
    const progress = new Progress("backup");
    for (let second = 0; second <= 60; second++) progress.update(counters(second * MB), second * 1000);
    for (let second = 61; second <= 90; second++) progress.update(counters((60 + (second - 60) * 10) * MB), second * 1000);
    expect(progress.line(100)).toBe("backing up, 360 MB, 12 files, 10.0 MB/s, 0 volumes stored");
  });

  it("never exceeds the width", () => {
    const progress = new Progress("backup");
    progress.update(counters(0), 0);
    progress.update(counters(10 * MB, { totalBytes: 100 * MB, totalKnown: true, volumes: 1 }), 2000);
    for (let columns = 1; columns < 100; columns++) expect(progress.line(columns)!.length).toBeLessThanOrEqual(columns);
  });
});

describe("Screen", () => {
  it("redraws at most ten times a second, and puts lines above the moving one", () => {
    let written = "";
    let now = 0;
    const screen = new Screen(
      (data) => (written += String(data)),
      true,
      () => now,
    );
    screen.draw(() => "one");
    now = 50;
    screen.draw(() => "too soon");
    now = 100;
    screen.draw(() => "two");
    screen.line("stays");
    screen.draw(() => "three");
    screen.clear();
    screen.clear();
    expect(written).toBe("\r\u001b[Kone\r\u001b[Ktwo\r\u001b[Kstays\n\r\u001b[Kthree\r\u001b[K");
  });

  it("writes nothing but lines where there is no terminal", () => {
    let written = "";
    const screen = new Screen(
      (data) => (written += String(data)),
      false,
      () => 0,
    );
    screen.draw(() => expect.unreachable());
    screen.line("a line");
    screen.clear();
    expect(written).toBe("a line\n");
  });
});
