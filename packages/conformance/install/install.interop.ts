import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  asStored,
  compareTrees,
  describeInterop,
  openTempDir,
  randomContent,
  run,
  scanTree,
  type TempDir,
  testKey,
} from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packed } from "../src/packed.ts";
import { done } from "../src/program.ts";

let dir: TempDir;
let made: Awaited<ReturnType<typeof packed>>;
beforeAll(async () => {
  made = await packed();
  dir = openTempDir();
});
afterAll(() => dir[Symbol.dispose]());

/** A PATH with Node and what a system has, nothing of this checkout. */
const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;

/** A backup with a key and one with a passphrase, each restored; large enough for every worker thread. */
async function backsUpAndRestores(program: readonly string[], name: string): Promise<void> {
  const { publicFile, secretFile, passphrase } = testKey("curve");
  const at = (path: string): string => join(dir.path, `${name}-${path}`);
  mkdirSync(at("source"));
  writeFileSync(join(at("source"), "large"), randomContent("for all threads", 40 << 20));
  writeFileSync(join(at("source"), "a.txt"), "one\n");
  const common = ["--tempdir", dir.path, "--archive-dir", at("archive")];
  const start = async (args: readonly string[], env: Record<string, string> = {}): Promise<string> => {
    const [command, ...first] = program as [string, ...string[]];
    const full = { PATH, HOME: "/nonexistent", TZ: "UTC", ...env };
    return (await done(run(command, [...first, ...args], { cwd: dir.path, env: full }))).stdout.toString();
  };
  await start(["full", ...common, "--volsize", "15", "--encrypt-key", publicFile, at("source"), at("target")]);
  await start(["restore", ...common, "--secret-key", secretFile, at("target"), at("out")], { PASSPHRASE: passphrase });
  expect(compareTrees(asStored(scanTree(at("source"))), scanTree(at("out")))).toEqual([]);
  expect(await start(["--version"])).toMatch(/^doppel \d/);
  expect(await start(["help", "setup", "key"])).toContain("setup key");
}

describeInterop(["npm"], "the npm package", () => {
  it("is installed without a network into an empty place, with its manual, and backs up and restores", async () => {
    const prefix = join(dir.path, "prefix");
    mkdirSync(prefix);
    const options = ["--offline", "--prefix", prefix, "--cache", join(dir.path, "npm-cache"), "--registry", "http://127.0.0.1:9"];
    const env = { PATH, HOME: dir.path };
    await done(run("npm", ["install", "-g", ...options, made.archive], { cwd: dir.path, env }));
    const installed = join(prefix, "lib/node_modules/doppel");
    const manifest = readFileSync(join(installed, "package.json"), "utf8");
    expect(manifest).not.toContain("@doppel/");
    expect(readdirSync(join(installed, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["openpgp"]);
    expect(readFileSync(join(installed, "LICENCES.txt"), "utf8")).toContain("GNU LESSER GENERAL PUBLIC LICENSE");
    const setup = readFileSync(join(installed, "docs/setup.md"), "utf8");
    for (const [, target] of setup.matchAll(/\]\((?!https?:)([^)#]+)/g)) readFileSync(join(installed, "docs", target!));
    expect(readFileSync(join(prefix, "share/man/man1/doppel.1"), "latin1")).toContain(".TH");
    expect(readdirSync(join(prefix, "bin")).toSorted()).toEqual(["doppel", "duplicity"]);
    await backsUpAndRestores([join(prefix, "bin/doppel")], "npm");
  });
});

describeInterop([], "doppel.mjs", () => {
  it("alone in a folder backs up and restores, and is duplicity when it is called so", async () => {
    const folder = join(dir.path, "alone");
    mkdirSync(folder);
    const file = join(folder, "doppel.mjs");
    copyFileSync(made.file, file);
    await backsUpAndRestores([process.execPath, file], "file");
    symlinkSync("doppel.mjs", join(folder, "duplicity.mjs"));
    const { stdout } = await done(run(process.execPath, [join(folder, "duplicity.mjs"), "--version"], { env: { PATH } }));
    expect(stdout.toString()).toMatch(/^duplicity \d+\.\d+\.\d+ \(doppel /);
  });
});
