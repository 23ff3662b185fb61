import { copyFileSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { describeInterop } from "@doppel/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuplyPlace, NO_DIFFERENCES, type Point, PROGRAM, type Program } from "../src/duply.ts";

/** Scenarios S1 to S14, in their order: each builds on those before. */
describeInterop(["duply", "gpg", "bash"], "duply from day to day", () => {
  describe.each<Program>(PROGRAM === "executable" ? ["executable", "script"] : [PROGRAM])("with %s as duplicity", (program) => {
    let place: DuplyPlace;
    let first: Point;
    let last: Point;
    beforeAll(async () => {
      place = await DuplyPlace.open({ program });
    });
    afterAll(() => place?.[Symbol.asyncDispose]());

    it("S1 version: it is found and believed", async () => {
      const { code, stdout, stderr } = await place.duply("version");
      expect(code).toBe(0);
      expect(stdout).toMatch(/Using installed duplicity version \d+\.\d+\.\d+/);
      expect(stdout + stderr).not.toContain("INVALID");
      if (program === "executable") expect(stderr).toBe("");
    });

    it("S2 create: a profile, whose template of an exclude list is no rule", async () => {
      const { code, stderr } = await place.duplyOf("other", "create");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      copyFileSync(place.path("home/.duply/other/exclude"), place.path("home/.duply/t/exclude"));
      expect(readFileSync(place.path("home/.duply/t/exclude"), "utf8")).toMatch(/^#/);
    });

    it("S3 backup: at first a full one", async () => {
      first = await place.backup("backup");
      const names = place.names();
      expect(names).toHaveLength(3);
      expect(names.join(" ")).toMatch(/duplicity-full-signatures\.\w+\.sigtar\.gpg .*\.manifest\.gpg .*\.vol1\.difftar\.gpg/);
      expect(place.names("home/.cache/duplicity")).toEqual(["duply_t"]);
      expect(place.names("home/.cache/duplicity/duply_t").filter((name) => name.startsWith("duplicity-"))).toHaveLength(2);
      expect(first.output).toMatch(/Finished state OK/);
      expect(first.output).toMatch(/--------------\[ Backup Statistics \]--------------/);
    });

    it("S4, S5 bkp and incr: increments", async () => {
      place.write("a.txt", "two\n");
      await place.backup("bkp");
      place.write("sub/c", "three\n");
      await place.backup("incr");
      expect(place.names().filter((name) => name.startsWith("duplicity-inc."))).toHaveLength(4);
    });

    it("S6 full: a second chain", async () => {
      last = await place.backup("full");
      expect(place.names().filter((name) => name.startsWith("duplicity-full."))).toHaveLength(4);
    });

    it("S7 status: both chains", async () => {
      const output = await place.done("status");
      expect(output).toMatch(/Number of contained backup sets: 3[^]*Number of contained backup sets: 1/);
      expect(output).toContain("Found 1 secondary backup chain");
    });

    it("S8 list: now, and then", async () => {
      const now = await place.done("list");
      expect(now).toMatch(/^\w{3} \w{3} .\d \d\d:\d\d:\d\d \d{4} \.$/m);
      expect(now).toMatch(/ sub\/c$/m);
      expect(now.indexOf(" .\n")).toBeLessThan(now.indexOf(" a.txt\n"));
      const then = await place.done("list", first.time);
      expect(then).toMatch(/ sub\/b$/m);
      expect(then).not.toContain("sub/c");
    });

    it("S9, S10 verify: no differences, until there is one", async () => {
      expect(await place.done("verify")).toMatch(NO_DIFFERENCES);
      expect(await place.done("verify", "--compare-data")).toMatch(NO_DIFFERENCES);
      place.write("a.txt", "changed since\n");
      const { stdout } = await place.fails(1, "verify", "--compare-data");
      expect(stdout).toMatch(/Difference found: /);
      writeFileSync(`${place.source}/a.txt`, "two\n");
      const { mtime } = last.tree.find(({ path }) => path === "a.txt")!;
      utimesSync(`${place.source}/a.txt`, mtime, mtime);
    });

    it("S11 verifyPath: a file, a folder", async () => {
      await place.done("verifyPath", "a.txt", `${place.source}/a.txt`);
      await place.done("verifyPath", "sub", `${place.source}/sub`, "now", "--compare-data");
    });

    it("S12, S13 restore: onto nothing, not over something, by force; an old state", async () => {
      await place.done("restore", place.path("out"));
      place.expectTree("out", last);
      await place.fails(11, "restore", place.path("out"));
      await place.done("restore", place.path("out"), "--force");
      place.expectTree("out", last);
      await place.done("restore", place.path("old"), first.time);
      place.expectTree("old", first);
    });

    it("S14 fetch: a file, a folder, nothing", async () => {
      await place.done("fetch", "a.txt", place.path("fetched"));
      await place.done("fetch", "sub", place.path("fetched-sub"), "now");
      expect(place.names("fetched-sub")).toEqual(["b", "c"]);
      await place.fails(19, "fetch", "nope", place.path("fetched-nope"));
    });
  });
});
