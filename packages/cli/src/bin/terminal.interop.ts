import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeInterop, gpgHome, openTempDir, run, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const DOPPEL = join(ROOT, "packages/cli/bin/doppel.js");

interface Terminal {
  readonly code: number | null;
  /** All that the terminal was sent, with its line ends as `\n`. */
  readonly screen: string;
}

/**
 * Runs a line on a pseudo terminal and types an answer each time it asks for a passphrase. As in a shell's background
 * scripts, standard input and output may be elsewhere: the questions come to the terminal all the same.
 */
function onTerminal(folder: string, line: string, answers: readonly string[]): Promise<Terminal> {
  const env = { ...process.env, HOME: folder, PASSPHRASE: undefined, COLUMNS: "80", DOPPEL };
  const child = spawn("script", ["-qec", line, "/dev/null"], {
    cwd: folder,
    env: env as NodeJS.ProcessEnv,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = [...answers];
  let screen = "";
  let seen = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString("utf8");
    const asked = screen.slice(seen).search(/passphrase[^\n]*: $/i);
    if (asked < 0) return;
    seen = screen.length;
    child.stdin.write(waiting.shift() ?? "\u0004");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, screen: screen.replaceAll("\r\n", "\n") }));
  });
}

function bench(): ReturnType<typeof openTempDir> {
  const dir = openTempDir("/tmp");
  mkdirSync(join(dir.path, "src"));
  writeFileSync(join(dir.path, "src/a"), Buffer.alloc(3_000_000, 1));
  return dir;
}

describeInterop(["script"], "on a terminal", () => {
  it("asks twice for the passphrase of a backup, once for that of a restore, and shows neither", async () => {
    using dir = bench();
    const full = await onTerminal(dir.path, '"$DOPPEL" full src target </dev/null >out', ["geheim\r", "geheim\r"]);
    expect(full.screen).toMatch(/^Passphrase for encryption: \nRetype passphrase for encryption to confirm: \n/);
    expect(full.screen).not.toContain("geheim");
    expect(full.code).toBe(0);
    const restore = await onTerminal(dir.path, '"$DOPPEL" restore target back </dev/null', ["geheim\r"]);
    expect(restore).toMatchObject({ code: 0, screen: expect.stringMatching(/^Passphrase for decryption: \n/) });
    expect(restore.screen).not.toContain("geheim");
  });

  it("can be corrected while typing, and stopped", async () => {
    using dir = bench();
    const full = await onTerminal(dir.path, '"$DOPPEL" full --no-progress src target >out', [
      "gehex\u007fim\r",
      "falsch\u0015geheim\r",
    ]);
    expect(full).toEqual({ code: 0, screen: "Passphrase for encryption: \nRetype passphrase for encryption to confirm: \n" });
    const stopped = await onTerminal(dir.path, '"$DOPPEL" full src target2 >out', ["gehe\u0003"]);
    expect(stopped).toMatchObject({
      code: 130,
      screen: expect.stringMatching(/^Passphrase for encryption: \ndoppel: stopped by SIGINT/),
    });
    const ended = await onTerminal(dir.path, '"$DOPPEL" full src target2 >out', ["\u0004"]);
    expect(ended).toMatchObject({ code: 2, screen: expect.stringContaining("nothing to encrypt with") });
    expect(existsSync(join(dir.path, "target2"))).toBe(false);
  });

  it("shows how far it is in one line that goes away, and escapes names that would drive it", async () => {
    using dir = bench();
    writeFileSync(join(dir.path, "src/\u001b[2J"), "");
    const { code, screen } = await onTerminal(dir.path, '"$DOPPEL" full --no-encryption --no-print-statistics src target', []);
    expect(code).toBe(0);
    const drawn = screen.split("\r\u001b[K");
    expect(drawn.length).toBeGreaterThan(1);
    expect(drawn.every((line) => !line.slice(0, -1).includes("\n"))).toBe(true);
    expect(drawn.at(-1)).toMatch(/^Full backup complete: .*\n$/);
    const list = await onTerminal(dir.path, '"$DOPPEL" list target', []);
    expect(list.screen).toContain(" \\x1b[2J\n");
  });
});

describeInterop(["gpg"], "with gpg's keyring", () => {
  it("encrypts and signs with its keys, restores through its agent, and insists on the signature", async () => {
    using dir = bench();
    await using home = await gpgHome(["rsa", "sign"]);
    const [rsa, sign] = [testKey("rsa"), testKey("sign")];
    const doppel = (args: readonly string[], env: Record<string, string> = {}) =>
      run(DOPPEL, args, { cwd: dir.path, env: { ...home.env, HOME: dir.path, ...env } });
    const signed = await doppel(["full", "--encrypt-key", rsa.fingerprint, "--sign-key", sign.fingerprint, "src", "signed"], {
      SIGN_PASSPHRASE: sign.passphrase,
    });
    expect(signed.stderr.toString()).toBe("");
    expect((await doppel(["full", "--hidden-encrypt-key", rsa.fingerprint, "src", "unsigned"])).code).toBe(0);
    const restore = async (target: string, folder: string): Promise<number> =>
      (await doppel(["restore", "--sign-key", sign.fingerprint, target, folder], { PASSPHRASE: rsa.passphrase })).code;
    expect([await restore("signed", "back"), await restore("unsigned", "back2")]).toEqual([0, 22]);
  });
});
