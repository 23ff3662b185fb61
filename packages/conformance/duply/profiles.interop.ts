import { mkdirSync } from "node:fs";
import { describeInterop } from "@doppel/testkit";
import { expect, it } from "vitest";
import { DuplyPlace, mainScenarios, NO_DIFFERENCES } from "../src/duply.ts";

describeInterop(["duply", "gpg", "bash"], "profiles of duply", () => {
  it("S22 DUPL_PARAMS that do not concern every command go to every command", async () => {
    const place = await DuplyPlace.open();
    await using _ = place;
    place.configure({}, [
      `DUPL_PARAMS="$DUPL_PARAMS --full-if-older-than 1M --volsize 50"`,
      `DUPL_PARAMS="$DUPL_PARAMS --exclude-if-present '.no bkp' --exclude=${place.source}/zz"`,
      `DUPL_PARAMS="$DUPL_PARAMS --exclude-other-filesystems --asynchronous-upload"`,
    ]);
    place.write("zz", "not wanted\n");
    place.write("marked/.no bkp", "");
    place.write("marked/file", "not wanted\n");
    const first = await place.backup("backup");
    const listed = await place.done("list");
    expect(listed).toContain(" sub/b\n");
    expect(listed).not.toMatch(/zz|marked\/file/);
    place.write("a.txt", "two\n");
    await place.backup("bkp");
    await place.backup("full");
    expect(await place.done("status")).toMatch(/Number of contained backup sets: 2[^]*Number of contained backup sets: 1/);
    expect(await place.done("list", first.time)).toContain(" sub/b\n");
    expect(await place.done("verify", "--compare-data")).toMatch(NO_DIFFERENCES);
    await place.done("verifyPath", "a.txt", `${place.source}/a.txt`);
    await place.done("restore", place.path("out"));
    expect(place.names("out")).toEqual(["a.txt", "empty", "link", "sub"]);
    await place.done("fetch", "sub", place.path("fetched"));
    expect(place.names("fetched")).toEqual(["b"]);
    await place.done("purge", "1Y");
    await place.done("purgeIncr", "1", "--force");
    await place.done("purgeFull", "1", "--force");
    await place.done("cleanup");
    expect(place.names()).toHaveLength(3);
  });

  it("S23 nothing encrypted, much told, and blanks in every path", async () => {
    const place = await DuplyPlace.open();
    await using _ = place;
    for (const folder of ["temp folder", "archive folder"]) mkdirSync(place.path(folder));
    place.configure({
      GPG_KEY: "disabled",
      GPG_PW: null,
      GPG_OPTS: null,
      VERBOSITY: "8",
      TEMP_DIR: place.path("temp folder"),
      ARCH_DIR: place.path("archive folder"),
      TARGET: `file://${place.path("target folder")}`,
    });
    await mainScenarios(place);
    expect(place.names("target folder").filter((name) => name.endsWith(".vol1.difftar.gz"))).toHaveLength(2);
    expect(place.names("archive folder")).toEqual(["t"]);
    expect(place.names("archive folder/t").filter((name) => name.startsWith("duplicity-"))).toHaveLength(4);
    expect(place.names("temp folder")).toEqual([]);
  });

  it("S26 exclude lists: a folder left out, or but one file taken", async () => {
    await using place = await DuplyPlace.open();
    place.exclude(`- ${place.source}/sub`);
    await place.backup("full");
    expect(namesOf(await place.done("list"))).toEqual([".", "a.txt", "empty", "link"]);
    place.exclude("# a comment", "", `+ ${place.source}/a.txt`, "- **");
    await place.backup("full");
    expect(namesOf(await place.done("list"))).toEqual([".", "a.txt"]);
  });
});

/** The paths that a list tells, behind their times. */
function namesOf(list: string): readonly string[] {
  return [...list.matchAll(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} (.+)$/gm)].map(([, name]) => name!);
}
