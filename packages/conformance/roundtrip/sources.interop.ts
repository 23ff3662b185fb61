import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asStored,
  compareTrees,
  describeInterop,
  isRoot,
  randomContent,
  run,
  scanTree,
  stockDuplicity,
  tempDir,
} from "@doppel/testkit";
import { expect, it } from "vitest";
import { cleanEnv, done, doppel } from "../src/program.ts";
import { NOTHING_CHANGED, statisticsOf } from "../src/statistics.ts";

/** What can be the source itself, made at a path that does not exist yet. */
/** The last number is what the backup exits with: a link alone is stored, but hardly what was meant. */
const SOURCES: readonly (readonly [string, (path: string) => unknown, number])[] = [
  ["an empty folder", (path) => mkdirSync(path, { mode: 0o750 }), 0],
  ["a small file", (path) => writeFileSync(path, "content\n", { mode: 0o640 }), 0],
  ["an empty file", (path) => writeFileSync(path, ""), 0],
  ["a file of the size of stock's pieces", (path) => writeFileSync(path, randomContent("piece", 65_536)), 0],
  ["a file over several volumes", (path) => writeFileSync(path, randomContent("source", 2_500_000)), 0],
  ["a symlink, which is not followed", (path) => symlinkSync("no/such/thing", path), 3],
  ["a fifo, which is not opened", (path) => run("mkfifo", [path]), 0],
];

describeInterop(["duplicity", "tar"], "a source that is", () => {
  it.each(SOURCES)("%s comes back by every way", async (_, make, code) => {
    const [dir, backup, archive] = [tempDir(), tempDir(), tempDir()];
    const source = join(dir, "source");
    await make(source);
    // The scan of a place is that of the folder around it, so that a link is looked at and not followed.
    const around = (name: string) =>
      asStored(scanTree(dir)).flatMap((entry) => (entry.path === name || entry.path.startsWith(`${name}/`) ? [entry] : []));
    const expectSame = (name: string) => {
      const renamed = around(name).map((entry) => ({ ...entry, path: entry.path.replace(name, "source") as typeof entry.path }));
      expect(compareTrees(around("source"), renamed, { ignoreOwner: !isRoot })).toEqual([]);
    };
    const url = `file://${backup}`;
    const backedUp = await doppel(["full", "--no-encryption", "--volsize", "1", "--archive-dir", archive, source, url]);
    expect(backedUp).toMatchObject({ code });

    await done(doppel(["restore", url, join(dir, "by-doppel")]));
    expectSame("by-doppel");
    const recipe = await done(doppel(["recipe", url]));
    await done(run("bash", ["-s", "--", join(dir, "by-recipe")], { input: recipe.stdout, env: cleanEnv(), cwd: dir }));
    expectSame("by-recipe");
    using duplicity = stockDuplicity();
    await done(duplicity.run(["restore", "--no-encryption", url, join(dir, "by-duplicity")]));
    expectSame("by-duplicity");
    const { stdout } = await done(duplicity.run(["incremental", "--no-encryption", source, url]));
    expect(statisticsOf(stdout)).toMatchObject(NOTHING_CHANGED);
  });
});
