import { rmSync } from "node:fs";
import { describeInterop } from "@doppel/testkit";
import { expect, it } from "vitest";
import { DuplyPlace, type Point, type Program } from "../src/duply.ts";

/** S32: one profile, one archive directory, one target; the program is another each time. */
describeInterop(["duply", "duplicity", "gpg", "bash"], "a profile of duply whose duplicity is replaced", () => {
  it.each<readonly [string, readonly Program[]]>([
    ["by doppel, and back", ["stock", "executable", "stock"]],
    ["by stock, and back", ["executable", "stock", "executable"]],
  ])("%s: each goes on with what it finds, and restores every state", async (_, programs) => {
    await using place = await DuplyPlace.open({ lines: [`DUPL_PARAMS="$DUPL_PARAMS --full-if-older-than 1M"`] });
    const points: Point[] = [];
    for (const [index, program] of programs.entries()) {
      place.use(program);
      place.write("a.txt", `${index}\n`);
      place.write(`sub/${index}`, "new\n");
      const point = await place.backup("backup");
      expect(point.output).not.toMatch(/Synchronizing|Copying .*\.(?:sigtar|manifest)|full backup forced/i);
      points.push(point);
    }
    expect(place.names().filter((name) => name.startsWith("duplicity-full."))).toHaveLength(2);
    expect(place.names().filter((name) => /^duplicity-inc\..*\.manifest/.test(name))).toHaveLength(2);
    expect(place.names("home/.cache/duplicity")).toEqual(["duply_t"]);
    expect(place.names("home/.cache/duplicity/duply_t").filter((name) => name.startsWith("duplicity-"))).toHaveLength(6);
    for (const program of ["stock", "executable"] as const) {
      place.use(program);
      expect(await place.done("status")).toContain("Number of contained backup sets: 3");
      for (const point of points) {
        rmSync(place.path("out"), { recursive: true, force: true });
        await place.done("restore", place.path("out"), point.time);
        place.expectTree("out", point);
      }
    }
  });
});
