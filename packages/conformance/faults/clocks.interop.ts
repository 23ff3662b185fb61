import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, describeInterop, scanTree, stockDuplicity } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type Box, expectDone, expectRefusal, makeBox, type Outcome } from "../badinput/box.ts";

const at = (box: Box, seconds: number, kind = "full"): Promise<Outcome> =>
  box.doppel([kind, "--no-encryption", "--archive-dir", box.archive, "--current-time", String(seconds), "source", "target"]);

/** With a time of its own: an increment sees what has another second. */
function change(box: Box, name: string, content: string): void {
  const path = join(box.source, name);
  writeFileSync(path, content);
  utimesSync(path, 1_700_000_000, 1_700_000_000 + content.charCodeAt(0));
}

const DAY = 86_400;
const seconds = (time: string): number => Date.parse(time) / 1000;

describeInterop(["duplicity"], "a clock that is out of range", () => {
  it.each([
    ["the first second that a name can hold", 1, "19700101T000001Z"],
    ["the last second of 32 bits", 2 ** 31 - 1, "20380119T031407Z"],
    ["the first one behind", 2 ** 31, "20380119T031408Z"],
    ["a leap day", seconds("2028-02-29T23:59:59Z"), "20280229T235959Z"],
    ["the last year that a name can hold", seconds("2099-12-31T23:59:57Z"), "20991231T235957Z"],
  ])("%s: a full backup and an increment of it are found again", async (_, time, name) => {
    const box = makeBox();
    expectDone(await at(box, time));
    expect(readdirSync(box.target)).toContain(`duplicity-full.${name}.manifest`);
    change(box, "one", "changed\n");
    expectDone(await at(box, time + 1, "incremental"));
    expectDone(await box.restore(["--time", String(time + 1)]));
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
    const latest = expectDone(await box.doppel(["restore", "target", "latest"]));
    // The machine that restores has the right time: what is later is not used, and that is said.
    if (time > Date.now() / 1000) expect(latest.stderr).toMatch(/there are later backups, up to \d{8}T\d{6}Z.*--time/);
    else expect(latest.stderr).toBe("");
  });

  it.each([0, 2 ** 32, seconds("+010000-01-01T00:00:00Z")])(
    "at second %d: exit 17, and nothing is stored under a name that nobody finds",
    async (time) => {
      const box = makeBox();
      expectRefusal(
        await at(box, time),
        17,
        /the clock here says \S+, which the name of a backup cannot hold; set the clock right/,
      );
      expect(existsSync(box.target) ? readdirSync(box.target) : []).toEqual([]);
    },
  );

  it("before the last backup: exit 17, whatever is asked for, and nothing changes; after it has passed, it goes on", async () => {
    const box = makeBox();
    const now = seconds("2030-01-01T00:00:00Z");
    expectDone(await at(box, now));
    const before = box.left();
    change(box, "one", "changed\n");
    for (const kind of ["full", "incremental", "backup"])
      for (const time of [1, now - DAY, now - 1])
        expectRefusal(await at(box, time, kind), 17, /the newest backup is of 20300101T000000Z.*set the clock right/);
    expect(box.left()).toEqual(before);
    expectDone(await at(box, now + 1, "backup"));
  });

  it("sets of the ends of time are read by stock, too", async () => {
    const box = makeBox();
    expectDone(await at(box, 2 ** 31 + 1));
    using stock = stockDuplicity();
    const { code, stderr } = await stock.run(["restore", "--no-encryption", `file://${box.target}`, box.restored]);
    expect(code, stderr.toString()).toBe(0);
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });
});

describe("where clocks change, and in a year with a leap day", () => {
  /** A backup before, within and after the hour that there is twice, or not at all, in Berlin. */
  it.each([
    [
      "the hour that there is twice",
      ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-10-26T02:30:00Z"],
      "2025-10-26T02:30:00+01:00",
      "1",
    ],
    [
      "the same, in summer time",
      ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-10-26T02:30:00Z"],
      "2025-10-26T02:30:00+02:00",
      "0",
    ],
    [
      "the hour that is left out",
      ["2025-03-30T00:30:00Z", "2025-03-30T01:30:00Z", "2025-03-30T02:30:00Z"],
      "2025-03-30T03:30:00+02:00",
      "1",
    ],
    ["a leap day", ["2024-02-28T12:00:00Z", "2024-02-29T12:00:00Z", "2024-03-01T12:00:00Z"], "2024-02-29", "0"],
    [
      "the end of a leap day",
      ["2024-02-28T12:00:00Z", "2024-02-29T12:00:00Z", "2024-03-01T12:00:00Z"],
      "2024-03-01T00:00:00+01:00",
      "1",
    ],
  ])("%s: --time gives the state of that moment", async (_, times, asked, state) => {
    const box = makeBox();
    const env = { TZ: "Europe/Berlin" };
    for (const [index, time] of times.entries()) {
      change(box, "state", String(index));
      const kind = index === 0 ? "full" : "incremental";
      const args = ["--no-encryption", "--archive-dir", box.archive, "--current-time", String(seconds(time)), "source", "target"];
      expectDone(await box.doppel([kind, ...args], { env }));
    }
    expectDone(await box.doppel(["restore", "--path-to-restore", "state", "--time", asked, "target", box.restored], { env }));
    expect(readFileSync(box.restored, "utf8")).toBe(state);
  });
});

describe("locales", () => {
  it.each([
    { LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
    { LC_ALL: "C", LANG: undefined },
    { LC_ALL: undefined, LANG: undefined },
    { LC_ALL: "de_DE.ISO-8859-1" },
  ])("%o: options, numbers and names are the same", async (env) => {
    const box = makeBox();
    for (const name of ["INDEX", "index", "\u0130", "\u0131", "i"]) writeFileSync(join(box.source, name), name);
    const rules = ["--include", "ignorecase:**/INDE*", "--include", "source/i*", "--include", "source/\u0130", "--exclude", "**"];
    const options = ["--no-encryption", "--volsize", "1", "--archive-dir", box.archive, "--current-time", "1780000000", ...rules];
    expectDone(await box.doppel(["FULL".toLowerCase(), ...options, "source", "target"], { env }));
    const { stdout } = expectDone(await box.doppel(["list", "target"], { env }));
    expect(
      stdout
        .split("\n")
        .slice(1, -1)
        .map((line) => line.split(" ").at(-1)),
    ).toEqual(["INDEX", "i", "index", "\u0130"]);
    expect(stdout).toMatch(/2026/);
  });
});
