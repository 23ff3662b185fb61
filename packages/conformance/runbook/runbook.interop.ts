import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asStored,
  compareTrees,
  describeInterop,
  openTempDir,
  randomContent,
  type RunResult,
  run,
  scanTree,
  type TempDir,
  testKey,
} from "@doppel/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cleanEnv, DOPPEL, done, doppel } from "../src/program.ts";

const KEY = testKey("rsa");

let dir: TempDir;
beforeEach(() => (dir = openTempDir()));
afterEach(() => dir[Symbol.dispose]());
const at = (name: string): string => join(dir.path, name);

/** The commands of one of its ways, with the folder and the file that somebody chose. */
function commandsOf(page: string, way: string): string {
  const [, choose = "", first = ""] = /\n## Choose\n(.*?)\n(## 1.*)$/s.exec(page) ?? [];
  const section = first.split(/^(?=## )/m).find((text) => text.startsWith(`## ${way}`)) ?? "";
  const blocks = [choose, section].flatMap((text) => [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!));
  expect(blocks.length).toBeGreaterThan(1);
  return blocks
    .join("")
    .replace("TO=/srv/restored", `TO=${at(`out-${way}`)}`)
    .replace("FILE=etc/hosts", "FILE=etc/passwd");
}

/** As somebody would, who has only the page, the key in gpg's keyring and the passphrase. */
function follow(commands: string, env: Record<string, string>): Promise<RunResult> {
  mkdirSync(at("bin"), { recursive: true });
  writeFileSync(at("bin/doppel"), `#!/bin/sh\nexec '${process.execPath}' '${DOPPEL}' "$@"\n`);
  chmodSync(at("bin/doppel"), 0o755);
  const path = `${at("bin")}:${process.env["PATH"]}`;
  const full = cleanEnv({ PATH: path, HOME: at("home"), GNUPGHOME: at("gnupg"), TMPDIR: dir.path, ...env });
  return run("bash", ["-e", "-o", "pipefail", "-c", commands], { cwd: dir.path, env: full });
}

function makeSource(): void {
  mkdirSync(at("source/etc/sub"), { recursive: true });
  mkdirSync(at("home"));
  mkdirSync(at("gnupg"), { mode: 0o700 });
  writeFileSync(at("source/etc/passwd"), "root:x:0:0\n");
  writeFileSync(at("source/etc/sub/a b"), "blank\n");
  writeFileSync(at("source/large"), randomContent("cut over volumes", 3 << 20));
  chmodSync(at("source/large"), 0o640);
}

interface Kind {
  readonly name: string;
  readonly options: readonly string[];
  readonly env: Record<string, string>;
  readonly says: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    name: "key",
    options: ["--encrypt-key", KEY.publicFile],
    env: { PASSPHRASE: KEY.passphrase },
    says: ["gpg --import backup.key"],
  },
  { name: "passphrase", options: [], env: { PASSPHRASE: "only this" }, says: ["**The passphrase**"] },
  { name: "none", options: ["--no-encryption"], env: {}, says: ["not encrypted", "gzip"] },
];

describeInterop(["duplicity", "gpg", "bash", "tar"], "a runbook", () => {
  it.each(KINDS)("leads three ways to the whole tree and to one file: $name", async ({ options, env, says }) => {
    makeSource();
    const common = ["--archive-dir", at("archive")];
    await done(doppel(["full", ...common, "--volsize", "1", ...options, at("source"), at("target")], { env }));
    const { stdout } = await done(doppel(["runbook", ...common, at("target")]));
    const page = stdout.toString();
    for (const part of [...says, at("target"), "| full |"]) expect(page).toContain(part);
    for (const secret of Object.values(env)) expect(page).not.toContain(secret);

    if (env["PASSPHRASE"] !== undefined) {
      writeFileSync(at("passphrase"), env["PASSPHRASE"]);
      writeFileSync(at("gnupg/gpg.conf"), `batch\npinentry-mode loopback\npassphrase-file ${at("passphrase")}\n`);
    }
    if (options.includes("--encrypt-key")) {
      await done(run("gpg", ["--import", KEY.secretFile], { env: cleanEnv({ GNUPGHOME: at("gnupg") }) }));
    }
    for (const way of ["1.", "2.", "3."]) {
      const { code, stderr } = await follow(commandsOf(page, way), env);
      expect(code, stderr.toString()).toBe(0);
      const byHand = way === "3.";
      const restored = scanTree(byHand ? at("out-3./snapshot") : at(`out-${way}`));
      const differences = compareTrees(asStored(scanTree(at("source"))), restored);
      // By hand, folders get the time at which their last file was written, as the recipe says.
      const ofFolders = /^(?:|\.|etc|etc\/sub): mtime is /;
      expect(byHand ? differences.filter((line) => !ofFolders.test(line)) : differences).toEqual([]);
      const one = byHand ? "out-3.-file/snapshot/etc/passwd" : `out-${way}-file`;
      expect(readFileSync(at(one), "utf8")).toBe("root:x:0:0\n");
    }
    await run("gpgconf", ["--kill", "all"], { env: cleanEnv({ GNUPGHOME: at("gnupg") }) });
  });
});

describeInterop(["duplicity"], "a runbook of what stock made", () => {
  it("names the newest backup, its increments and the prefixes, and asks for nothing", async () => {
    makeSource();
    const env = cleanEnv({ PASSPHRASE: "stock", HOME: at("home"), GNUPGHOME: at("gnupg") });
    const stock = (command: string): Promise<RunResult> =>
      done(run("duplicity", [command, "--file-prefix", "web-", at("source"), `file://${at("target")}`], { env }));
    await stock("full");
    writeFileSync(at("source/new"), "new\n");
    await stock("incremental");
    const { stdout } = await done(doppel(["runbook", "--file-prefix", "web-", at("target")]));
    const page = stdout.toString();
    expect(page).toContain("with 1 increment on top");
    expect(page).toContain("--file-prefix web-");
    expect(page).toContain("rdiff patch OLD DELTA NEW");
    expect(page).toMatch(/ls -v "\$OBJECTS"\/web-duplicity-full\.\d{8}T\d{6}Z\.vol\*\.difftar\.gpg/);
  });

  it("of a profile names its key's file, which need not be there", async () => {
    makeSource();
    const common = ["--archive-dir", at("archive")];
    await done(doppel(["full", ...common, "--encrypt-key", KEY.publicFile, at("source"), at("target")]));
    writeFileSync(
      at("profiles.yaml"),
      "version: 1\nprofiles:\n  web1:\n    url: target\n    options: {secret-key: safe/web1.asc}\n",
    );
    const { stdout } = await done(doppel(["runbook", ...common, "--profiles", at("profiles.yaml"), "@web1"]));
    expect(stdout.toString()).toContain(`\`${at("safe/web1.asc")}\``);
    expect(stdout.toString()).toContain(`doppel restore --secret-key ${at("safe/web1.asc")} `);
  });

  it("of nothing says so, and exits with 1", async () => {
    mkdirSync(at("target"));
    const { code, stdout } = await doppel(["runbook", at("target")]);
    expect([code, stdout.toString()]).toEqual([1, expect.stringContaining("There is no complete backup")]);
  });
});
