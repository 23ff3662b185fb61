import { rmSync } from "node:fs";
import { describeInterop } from "@doppel/testkit";
import { expect, it } from "vitest";
import { DuplyPlace, type Point, PROGRAM } from "../src/duply.ts";

/** A chain of a full backup and an increment, and another full one behind it. */
async function twoChains(): Promise<{ readonly place: DuplyPlace; readonly last: Point }> {
  const place = await DuplyPlace.open();
  await place.backup("full");
  place.write("a.txt", "two\n");
  await place.backup("incr");
  place.write("a.txt", "three\n");
  return { place, last: await place.backup("full") };
}

const setsOf = (names: readonly string[], kind: string): number =>
  names.filter((name) => name.startsWith(`duplicity-${kind}.`) && name.includes(".manifest")).length;

async function restores(place: DuplyPlace, point: Point): Promise<void> {
  rmSync(place.path("out"), { recursive: true, force: true });
  await place.done("restore", place.path("out"));
  place.expectTree("out", point);
}

describeInterop(["duply", "gpg", "bash"], "duply tidies up", () => {
  it("S15, S16, S17 purge, purgeIncr, purgeFull: lists, and by force deletes what it listed", async () => {
    const { place, last } = await twoChains();
    await using _ = place;
    const before = place.names();
    expect(await place.done("purge", "1s")).toMatch(/Found old backup chain(?:\(s\))? at the following time:[^]*--force/);
    expect(await place.done("purge", "1Y")).toContain("No old backup sets found");
    expect(await place.done("purgeIncr", "1")).toContain("--force");
    expect(await place.done("purgeFull", "1")).toContain("--force");
    expect(place.names()).toEqual(before);

    await place.done("purgeIncr", "1", "--force");
    expect([setsOf(place.names(), "full"), setsOf(place.names(), "inc")]).toEqual([2, 0]);
    await place.done("purgeFull", "1", "--force");
    expect([setsOf(place.names(), "full"), setsOf(place.names(), "inc")]).toEqual([1, 0]);
    expect(place.names()).toHaveLength(3);
    expect(place.names("home/.cache/duplicity/duply_t").filter((name) => name.startsWith("duplicity-"))).toHaveLength(2);
    await restores(place, last);
  });

  // Stock deletes the signatures of the chain that it keeps.
  it.skipIf(PROGRAM === "stock")("S18 purge by force leaves the newest chain whole, signatures too", async () => {
    const { place } = await twoChains();
    await using _ = place;
    await place.done("purge", "1s", "--force");
    expect(place.names()).toHaveLength(3);
    expect(place.names().join(" ")).toContain("duplicity-full-signatures.");
    rmSync(place.path("home/.cache"), { recursive: true });
    place.write("a.txt", "four\n");
    const point = await place.backup("incr");
    expect(point.output).toMatch(/ChangedFiles [1-9]/);
    expect(await place.done("list")).toContain(" a.txt\n");
    await restores(place, point);
  });

  it("S19 cleanup: a set without its manifest is listed, and goes by force", async () => {
    const place = await DuplyPlace.open();
    await using _ = place;
    await place.backup("full");
    place.write("a.txt", "two\n");
    await place.backup("incr");
    const lost = place.names().find((name) => /^duplicity-inc\..*\.manifest/.test(name))!;
    rmSync(place.path(`target/${lost}`));
    expect(await place.done("cleanup")).toMatch(/Found the following file[^]*duplicity-inc[^]*--force/);
    expect(place.names()).toHaveLength(5);
    await place.done("cleanup", "--force");
    expect(setsOf(place.names(), "inc")).toBe(0);
    expect(place.names().filter((name) => name.startsWith("duplicity-inc."))).toEqual([]);
    place.write("a.txt", "three\n");
    await restores(place, await place.backup("bkp"));
  });

  it("S21 a batch with the limits of the profile", async () => {
    const place = await DuplyPlace.open({
      conf: { MAX_AGE: "1s", MAX_FULL_BACKUPS: "1", MAX_FULLS_WITH_INCRS: "1" },
    });
    await using _ = place;
    await place.backup("full");
    place.write("a.txt", "two\n");
    await place.backup("incr");
    place.write("a.txt", "three\n");
    await place.backup("full");
    place.write("a.txt", "four\n");
    const last = await place.backup("backup_verify_purgeAuto", "--force");
    expect([setsOf(place.names(), "full"), setsOf(place.names(), "inc")]).toEqual([1, 1]);
    if (PROGRAM !== "stock") await restores(place, last);
  });
});
