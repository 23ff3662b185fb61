import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, openTempDir, run, type TempDir } from "@doppel/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnv, DOPPEL, done, doppel } from "../src/program.ts";

let dir: TempDir;
let script: string;
beforeAll(async () => {
  dir = openTempDir();
  script = join(dir.path, "doppel.bash");
  writeFileSync(script, (await done(doppel(["completion", "bash"]))).stdout);
  writeFileSync(
    join(dir.path, "profiles.yaml"),
    "version: 1\nprofiles:\n  mail:\n    url: file:///m\n  web1:\n    url: file:///w\n",
  );
});
afterAll(() => dir[Symbol.dispose]());

/** What bash offers for the last word of a line, with its words parted and `replaced` as bash does it. */
async function offers(
  words: readonly string[],
  profiles = join(dir.path, "profiles.yaml"),
  replaced = words.at(-1)!,
): Promise<string[]> {
  const program = `
source "$1"; shift
doppel() { "$NODE" "$DOPPEL" "$@"; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
complete -p doppel > /dev/null && _doppel doppel "$REPLACED" && printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = cleanEnv({ NODE: process.execPath, DOPPEL, REPLACED: replaced, DOPPEL_PROFILES: profiles });
  const { stdout } = await run("bash", ["--norc", "-c", program, "bash", script, "doppel", ...words], { env });
  return stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "");
}

describeInterop(["bash"], "completion of bash", () => {
  it("offers commands, of one word and of two", async () => {
    expect(await offers(["rest"])).toEqual(["restore"]);
    expect(await offers(["set"])).toEqual(["setup"]);
    expect((await offers(["setup", ""])).toSorted()).toEqual(["bucket", "key", "monitor", "server"]);
    expect(await offers(["--verbosity", "5", "mon"])).toEqual(["monitor"]);
    expect(await offers(["profile", "i"])).toEqual(["import"]);
    expect(await offers(["help", "dri"])).toEqual(["drill"]);
  });

  it("offers the options of the command that is there", async () => {
    expect(await offers(["full", "--vol"])).toEqual(["--volsize"]);
    expect(await offers(["restore", "--vol"])).toEqual([]);
    expect(await offers(["drill", "@", "mail", "--see"])).toEqual(["--seed"]);
    expect(await offers(["monitor", "check", "--nag"])).toEqual(["--nagios"]);
    expect(await offers(["full", "--volsize", "=", "5", "--incl"])).toContain("--include-filelist");
  });

  it("leaves values and paths to bash, which offers files", async () => {
    expect(await offers(["full", "--encrypt-key", "x"])).toEqual([]);
    expect(await offers(["full", "--encrypt-key", "="], undefined, "")).toEqual([]);
    expect(await offers(["full", "--encrypt-key", "=", "x"])).toEqual([]);
    expect(await offers(["full", "x"])).toEqual([]);
  });

  it("offers profiles behind @, and nothing when they cannot be read", async () => {
    expect(await offers(["status", "@"])).toEqual(["@mail", "@web1"]);
    expect(await offers(["status", "@w"])).toEqual(["@web1"]);
    expect(await offers(["status", "@", "w"], undefined, "@w")).toEqual(["@web1"]);
    expect(await offers(["status", "@"], join(dir.path, "none.yaml"))).toEqual([]);
    writeFileSync(join(dir.path, "bad.yaml"), "profiles: [\n");
    expect(await offers(["status", "@"], join(dir.path, "bad.yaml"))).toEqual([]);
  });
});

describe("completion", () => {
  it("is there for the shells it names, and no other", async () => {
    const { code, stderr } = await doppel(["completion", "tcsh"]);
    expect([code, stderr.toString()]).toEqual([2, expect.stringContaining("bash, zsh, fish, not for")]);
  });
});
