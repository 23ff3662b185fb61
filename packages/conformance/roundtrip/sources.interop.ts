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
const SOURCES: readonly (readonly [string, (path: string) => unknown])[] = [
  ["an empty folder", (path) => mkdirSync(path, { mode: 0o750 })],
  ["a small file", (path) => writeFileSync(path, "content\n", { mode: 0o640 })],
  ["an empty file", (path) => writeFileSync(path, "")],
  ["a file over several volumes", (path) => writeFileSync(path, randomContent("source", 2_500_000))],
  ["a symlink, which is not followed", (path) => symlinkSync("no/such/thing", path)],
  ["a fifo, which is not opened", (path) => run("mkfifo", [path])],
];

describeInterop(["duplicity", "tar"], "a source that is", () => {
  it.each(SOURCES)("%s comes back by every way", async (_, make) => {
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
    await done(doppel(["full", "--no-encryption", "--volsize", "1", "--archive-dir", archive, source, url]));

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
