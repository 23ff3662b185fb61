import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asStored,
  compareTrees,
  openTempDir,
  randomContent,
  type RunResult,
  scanTree,
  type TempDir,
  testKey,
} from "@doppel/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildExecutable, EXECUTABLES, executable } from "../src/executable.ts";

let dir: TempDir;
beforeAll(async () => {
  await buildExecutable();
  dir = openTempDir();
});
afterAll(() => dir[Symbol.dispose]());

const path = (name: string): string => join(dir.path, name);

/** Both programs say what they have to on standard output; nothing of Node's own may come to the other. */
async function quietly(running: Promise<RunResult>): Promise<string> {
  const { code, stdout, stderr } = await running;
  expect({ code, stderr: stderr.toString() }, stdout.toString()).toEqual({ code: 0, stderr: "" });
  return stdout.toString();
}

describe("the single executable", () => {
  it("is the program by whose name it is called: a symbolic link, a hard link, a copy", async () => {
    const original = join(EXECUTABLES, "doppel");
    using place = openTempDir(EXECUTABLES); // a hard link stays in its file system
    for (const make of [symlinkSync, linkSync, copyFileSync]) {
      const link = join(place.path, "duplicity");
      make(original, link);
      expect(await quietly(executable(link, ["--version"]))).toMatch(/^duplicity \d+\.\d+\.\d+ \(doppel .*\)\n$/);
      expect(await quietly(executable("duplicity", ["--version"], { PATH: place.path }))).toMatch(/^duplicity /);
      rmSync(link);
    }
    expect(await quietly(executable(original, ["--version"]))).toMatch(/^doppel \d/);
    expect(await quietly(executable(original, ["help", "backup"]))).toContain("SOURCE");
  });

  it.each(["doppel", "duplicity"])("%s backs up, lists, verifies and restores where nothing is installed", async (name) => {
    const program = join(EXECUTABLES, name);
    const [source, url, archive] = [path(`${name}-source`), `file://${path(`${name}-target`)}`, path(`${name}-archive`)];
    mkdirSync(join(source, "sub"), { recursive: true });
    writeFileSync(join(source, "sub/large"), randomContent("several volumes", 3 << 20));
    writeFileSync(join(source, "a.txt"), "one\n");
    const common = ["--archive-dir", archive, "--tempdir", dir.path];
    const env = { PASSPHRASE: "blank and $" };
    expect(await quietly(executable(program, ["full", "--volsize", "1", ...common, source, url], env))).toContain("Errors 0");
    writeFileSync(join(source, "sub/new"), "two\n");
    await quietly(executable(program, ["incremental", ...common, source, url], env));
    const stored = readdirSync(path(`${name}-target`));
    expect(stored.filter((file) => !file.includes(".gpg")).every((file) => name === "doppel" && file.endsWith(".receipt"))).toBe(
      true,
    );
    expect(await quietly(executable(program, ["list-current-files", ...common, url], env))).toContain("sub/new");
    const fresh = ["--archive-dir", path("none"), "--tempdir", dir.path];
    await quietly(executable(program, ["verify", ...fresh, url, source], env));
    await quietly(executable(program, ["restore", ...fresh, url, path(`${name}-out`)], env));
    expect(compareTrees(asStored(scanTree(source)), scanTree(path(`${name}-out`)))).toEqual([]);
  });

  it("checks and unseals a large restore in its worker threads, with a key from a file", async () => {
    const { publicFile, secretFile, passphrase } = testKey("curve");
    const source = path("wide");
    mkdirSync(source);
    writeFileSync(join(source, "large"), randomContent("enough for the threads", 40 << 20));
    const program = join(EXECUTABLES, "doppel");
    const common = ["--tempdir", dir.path, "--archive-dir", path("wide-archive")];
    await quietly(
      executable(program, ["full", ...common, "--volsize", "15", "--encrypt-key", publicFile, source, path("wide-target")]),
    );
    const restore = ["restore", ...common, "--secret-key", secretFile, path("wide-target"), path("wide-out")];
    await quietly(executable(program, restore, { PASSPHRASE: passphrase }));
    expect(compareTrees(asStored(scanTree(source)), scanTree(path("wide-out")))).toEqual([]);
  });

  it("is its own agent for passphrases", async () => {
    const program = join(EXECUTABLES, "doppel");
    const [source, target, run] = [path("agent-source"), path("agent-target"), path("run")];
    mkdirSync(source);
    mkdirSync(run, { mode: 0o700 });
    writeFileSync(join(source, "a"), "one\n");
    const common = ["--archive-dir", path("agent-archive"), "--tempdir", dir.path];
    const [env, secret] = [{ XDG_RUNTIME_DIR: run }, { XDG_RUNTIME_DIR: run, PASSPHRASE: "blank and $" }];
    await quietly(executable(program, ["full", ...common, source, target], secret));
    expect(await quietly(executable(program, ["unlock", "--for", "5m", ...common, target], secret))).toContain("is right");
    await quietly(executable(program, ["verify", ...common, target, source], env));
    expect(await quietly(executable(program, ["lock"], env))).toBe(`forgotten: ${target}\n`);
  });
});
