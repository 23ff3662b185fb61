import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DuplyPlace, NO_DIFFERENCES } from "../src/duply.ts";

/** `DUPLY_2_5="docker run … duply" npm run test:peers`; it has to see /tmp, and our executable has to run where it does. */
const COMMAND = process.env["DUPLY_2_5"];

describe.runIf(process.env["DOPPEL_PEERS"] === "1")("duply 2.5 with the single executable as duplicity", () => {
  it("all its commands", async () => {
    expect(COMMAND, "DUPLY_2_5 has to be the command line of duply 2.5").toBeTruthy();
    await using place = await DuplyPlace.open({ command: COMMAND!, program: "executable" });
    await place.moveIn();
    // The conf is a script of bash, and the only way to its PATH.
    place.configure({ GPG_OPTS: null }, [
      `PATH="${place.path("bin")}:$PATH"`,
      `DUPL_PARAMS="$DUPL_PARAMS --full-if-older-than 1M"`,
    ]);
    expect(await place.done("version")).toMatch(/Using installed duplicity version \d+\.\d+\.\d+, (?!python)/);
    const first = await place.backup("backup");
    place.write("a.txt", "two\n");
    await place.backup("bkp");
    place.write("sub/c", "three\n");
    await place.backup("incr");
    const last = await place.backup("full");
    expect(await place.done("status")).toMatch(/Number of contained backup sets: 3[^]*Number of contained backup sets: 1/);
    expect(await place.done("list")).toMatch(/ sub\/c$/m);
    expect(await place.done("list", first.time)).not.toContain("sub/c");
    expect(await place.done("verify", "--compare-data")).toMatch(NO_DIFFERENCES);
    await place.done("verifyPath", "sub", `${place.source}/sub`, "now", "--compare-data");
    await place.done("restore", place.path("out"));
    place.expectTree("out", last);
    await place.fails(11, "restore", place.path("out"));
    await place.done("restore", place.path("out"), "--force");
    rmSync(place.path("out"), { recursive: true });
    await place.done("restore", place.path("out"), first.time);
    place.expectTree("out", first);
    await place.done("fetch", "sub", place.path("fetched"), "now");
    expect(place.names("fetched")).toEqual(["b", "c"]);
    await place.fails(19, "fetch", "nope", place.path("fetched-nope"));
    await place.done("purge", "1Y");
    await place.done("purgeIncr", "1", "--force");
    await place.done("purgeFull", "1", "--force");
    await place.done("cleanup");
    expect(place.names()).toHaveLength(3);
  }, 600_000);
});
