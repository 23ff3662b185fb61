import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { testKey } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { ProfilesPlace } from "../src/profiles-place.ts";

const KEY = testKey("rsa");
const SECRET = "correct horse battery staple";
const QUIET = "--no-print-statistics";

/** `key`: with a key file; `pass`: with a passphrase; `card`: to a key that is in no file here. */
async function place(): Promise<ProfilesPlace> {
  const made = new ProfilesPlace([
    "key:",
    "  url: key-target",
    "  source: src",
    `  encrypt-to: ${KEY.publicFile}`,
    `  options: {secret-key: ${KEY.secretFile}}`,
    "pass:",
    "  url: pass-target",
    "  source: src",
    "card:",
    "  url: key-target",
    "plain:",
    "  url: plain-target",
    "  source: src",
    "  options: {no-encryption: true}",
  ]);
  await made.done(["full", QUIET, "@key"]);
  await made.done(["full", QUIET, "@pass"], { env: { PASSPHRASE: SECRET } });
  await made.done(["full", QUIET, "@plain"]);
  return made;
}

const socketOf = (made: ProfilesPlace): string => made.at("run/doppel/agent.sock");

/** The agent of a place, by the socket on its command line. */
function agents(made: ProfilesPlace): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => cmdline(pid).includes(socketOf(made)));
}

function cmdline(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

/** Restores without a terminal and without a passphrase. */
async function restores(made: ProfilesPlace, profile: string, name: string): Promise<number> {
  return (await made.run(["restore", `@${profile}`, name])).code;
}

describe.concurrent("unlock and lock", () => {
  it("keeps a passphrase in memory, nowhere else, until lock", async () => {
    using made = await place();
    expect(await restores(made, "pass", "before")).toBe(31);
    made.write("given", `${SECRET}\n`);
    expect(await made.done(["unlock", "@pass", "--passphrase-file", "given"])).toMatch(
      /passphrase for @pass is right; .* until /,
    );
    await made.done(["unlock", "@key", "--json"], { env: { PASSPHRASE: KEY.passphrase } });
    const [agent, ...more] = agents(made);
    expect([agent, more]).toEqual([expect.any(Number), []]);

    expect(await restores(made, "pass", "one")).toBe(0);
    made.expectRestored("one");
    expect(await restores(made, "key", "two")).toBe(0);
    await made.done(["incremental", QUIET, "@pass"]); // the passphrase of its chain
    await made.done(["list", made.at("pass-target")]); // the same place by its own name

    expect([lstatSync(socketOf(made)).mode & 0o777, lstatSync(made.at("run/doppel")).mode & 0o777]).toEqual([0o600, 0o700]);
    const seen = ["cmdline", "environ"].map((name) => readFileSync(`/proc/${agent}/${name}`, "latin1")).join("\0");
    for (const secret of [SECRET, KEY.passphrase]) expect(seen).not.toContain(secret);
    expect(seen).not.toContain("PASSPHRASE");
    expect(readFileSync(`/proc/${agent}/limits`, "latin1")).toMatch(/^Max core file size +0 +0 /m);
    const files = readdirSync(made.path, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && entry.name !== "given",
    );
    for (const { parentPath, name } of files) expect(readFileSync(`${parentPath}/${name}`).includes(SECRET), name).toBe(false);

    expect(await made.done(["lock", "@pass"])).toBe("forgotten: @pass\n");
    expect(await restores(made, "pass", "three")).toBe(31);
    expect(await restores(made, "key", "four")).toBe(0);
    expect(await made.done(["lock"])).toBe("forgotten: @key\n");
    await until(() => agents(made).length === 0);
    expect([await restores(made, "key", "five"), existsSync(socketOf(made))]).toEqual([31, false]);
    expect(await made.done(["lock"])).toBe("no passphrase was kept\n");
  });

  it("forgets when the time is over, and ends", async () => {
    using made = await place();
    await made.done(["unlock", "@pass", "--for", "2s"], { env: { PASSPHRASE: SECRET } });
    let restored = 0;
    await until(async () => (await restores(made, "pass", `out${++restored}`)) === 31);
    await until(() => agents(made).length === 0);
    expect(existsSync(socketOf(made))).toBe(false);
  });

  it("keeps no passphrase that is wrong, or that nothing can check", async () => {
    using made = await place();
    for (const [profile, message] of [
      ["pass", /passphrase does not open the backup/],
      ["key", /passphrase does not unlock key/],
    ] as const) {
      const { code, stderr } = await made.run(["unlock", `@${profile}`], { env: { PASSPHRASE: "wrong horse" } });
      expect([code, stderr.toString()]).toEqual([31, expect.stringMatching(message)]);
      expect(stderr.toString()).not.toContain("wrong horse");
    }
    const plain = await made.run(["unlock", "@plain"], { env: { PASSPHRASE: SECRET } });
    expect([plain.code, plain.stderr.toString()]).toEqual([20, expect.stringContaining("not encrypted")]);
    const nobody = await made.run(["unlock", "@pass"]);
    expect([nobody.code, nobody.stderr.toString()]).toEqual([31, expect.stringContaining("--passphrase-fd")]);
    expect([agents(made), existsSync(socketOf(made))]).toEqual([[], false]);
  });

  it("is not in the way when the passphrase has changed meanwhile: what it keeps is named, and unlock asks anew", async () => {
    using made = await place();
    await made.done(["unlock", "@pass"], { env: { PASSPHRASE: SECRET } });
    rmSync(made.at("pass-target"), { recursive: true });
    mkdirSync(made.at("pass-target"));
    await made.done(["full", QUIET, "--name", "anew", "@pass"], { env: { PASSPHRASE: "another" } });
    const wrong = await made.run(["restore", "@pass", "out"]);
    expect(wrong.code).toBe(31);
    expect(wrong.stderr.toString()).toMatch(
      /^notice: the passphrase is the one that doppel unlock has kept; doppel lock forgets it\ndoppel: /,
    );
    await made.done(["unlock", "@pass"], { env: { PASSPHRASE: "another" } });
    expect(await restores(made, "pass", "out")).toBe(0);
    await made.done(["lock"]);
  });

  it("says that gpg does it where the secret key is no file", async () => {
    using made = await place();
    expect(await made.done(["unlock", "@card"])).toMatch(/gpg's agent or a card has it/);
    expect(agents(made)).toEqual([]);
  });

  it("replaces a socket behind which nobody is, and passes it over", async () => {
    using made = await place();
    await made.done(["unlock", "@pass"], { env: { PASSPHRASE: SECRET } });
    process.kill(agents(made)[0]!, "SIGKILL");
    await until(() => agents(made).length === 0);
    expect(existsSync(socketOf(made))).toBe(true);
    expect(await restores(made, "pass", "one")).toBe(31);
    await made.done(["unlock", "@pass"], { env: { PASSPHRASE: SECRET } });
    expect(await restores(made, "pass", "two")).toBe(0);
    process.kill(agents(made)[0]!, "SIGHUP");
    await until(() => agents(made).length === 0);
    expect(existsSync(socketOf(made))).toBe(false);
  });

  it("ends when its runtime folder is taken away, as at logout", async () => {
    using made = await place();
    await made.done(["unlock", "@pass"], { env: { PASSPHRASE: SECRET } });
    rmSync(made.at("run"), { recursive: true });
    await until(() => agents(made).length === 0);
  });

  it("trusts no folder that others can write, and no agent that says nothing", async () => {
    using made = await place();
    mkdirSync(made.at("run/doppel"), { mode: 0o777 });
    chmodSync(made.at("run/doppel"), 0o777);
    const open = await made.run(["unlock", "@pass"], { env: { PASSPHRASE: SECRET } });
    expect([open.code, open.stderr.toString()]).toEqual([35, expect.stringContaining("open to others")]);

    chmodSync(made.at("run/doppel"), 0o700);
    const silent = createServer((socket) => socket.end("nonsense\n")).listen(socketOf(made));
    try {
      expect(await restores(made, "pass", "one")).toBe(31);
    } finally {
      silent.close();
    }
    writeFileSync(socketOf(made), "no socket");
    expect(await restores(made, "pass", "two")).toBe(31);
  });
});
