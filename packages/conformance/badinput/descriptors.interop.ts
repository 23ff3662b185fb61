import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, run } from "@doppel/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cleanEnv, DOPPEL } from "../src/program.ts";

/** Node's own are among these: its event loops, their wake-up calls and pipes, and /dev/null. */
const TAKEN = [3, 4, 5, 6, 7, 8, 9, 17];

let folder: string;
beforeEach(() => void (folder = mkdtempSync("/tmp/doppel-descriptors-")));
afterEach(() => rmSync(folder, { recursive: true }));

/** By a shell that has opened nothing but what `redirection` says. */
function doppel(args: readonly string[], redirection = "") {
  const closed = TAKEN.filter((n) => !redirection.startsWith(`${n}`)).map((n) => (n < 10 ? `${n}>&-` : ""));
  const command = `exec timeout 30 "$@" ${closed.join(" ")} ${redirection}`;
  return run("sh", ["-c", command, "sh", process.execPath, DOPPEL, ...args], { cwd: folder, env: cleanEnv() });
}

describeInterop(["sh", "timeout"], "a descriptor that nobody opened", () => {
  it.each(["--show-passphrase-fd", "--passphrase-fd"])(
    "%s: one line, and no key",
    async (option) => {
      for (const n of TAKEN) {
        const { code, stderr, stdout } = await doppel(["setup", "key", "web1", option, String(n)]);
        expect([code, stdout.toString()], `${n}: ${stderr.toString()}`).toEqual([2, ""]);
        expect(stderr.toString()).toMatch(
          new RegExp(`^doppel: ${option} ${n} cannot be .*: descriptor ${n} is not open[^\\n]*\\n$`),
        );
      }
      expect(readdirSync(folder)).toEqual([]);
    },
    60_000,
  );

  it.each([
    ["--show-passphrase-fd 3", "3</dev/zero", /descriptor 3 is open, but not for writing/],
    ["--show-passphrase-fd 2", "2>&-", /^$/],
    ["--show-passphrase-fd 3", "3>/dev/null", /descriptor 3 is not open, or is \/dev\/null/],
    ["--show-passphrase-fd 3", "3>/dev/full", /--show-passphrase-fd 3 cannot be written to \(ENOSPC\): no key was made/],
    ["--passphrase-fd 3", "3>/dev/full", /descriptor 3 is open, but not for reading/],
    ["--passphrase-file /dev/fd/5", "", /--passphrase-file \/dev\/fd\/5 cannot be read .* descriptor 5 is not open/],
  ])("%s %s", async (options, redirection, message) => {
    const { code, stderr } = await doppel(["setup", "key", "web1", ...options.split(" ")], redirection);
    expect(stderr.toString()).toMatch(message);
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("one that was opened is taken: a file, a pipe, standard output", async () => {
    const key = ["setup", "key", "--key-kind", "curve25519"];
    expect((await doppel([...key, "one", "--show-passphrase-fd", "3"], "3>shown")).code).toBe(0);
    const passphrase = readFileSync(join(folder, "shown"), "utf8");
    expect(passphrase).toMatch(/^\w{22}\n$/);
    expect((await doppel([...key, "two", "--show-passphrase-fd", "1"])).stdout.toString()).toMatch(/^\w{22}\nfingerprint/);
    const piped = `exec 3>&1; echo ${passphrase.trim()} | { exec "$@" 4<&0 </dev/null; }`;
    const args = [process.execPath, DOPPEL, ...key, "three", "--passphrase-fd", "4"];
    const { code, stderr } = await run("sh", ["-c", piped, "sh", ...args], { cwd: folder, env: cleanEnv() });
    expect(code, stderr.toString()).toBe(0);
  });
});
