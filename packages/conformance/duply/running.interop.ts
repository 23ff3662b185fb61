import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describeInterop, randomContent } from "@doppel/testkit";
import { expect, it } from "vitest";
import { DuplyPlace, NO_DIFFERENCES } from "../src/duply.ts";

const MIB = 2 ** 20;

/** Starts `duply t …` in a process group of its own. */
function start(place: DuplyPlace, ...args: readonly string[]) {
  const child = spawn("duply", ["t", ...args], { env: place.env(), stdio: "ignore", detached: true });
  return { child, ended: once(child, "close") as Promise<[number | null]> };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 3000 && !holds(); i++) await sleep(10);
  expect(holds()).toBe(true);
}

describeInterop(["duply", "gpg", "bash"], "duply and what happens while it runs", () => {
  it("S20 a full backup that is killed: the next run ends well, and nothing has to be unlocked", async () => {
    await using place = await DuplyPlace.open({ conf: { VOLSIZE: "1" }, lines: [`DUPL_PARAMS="$DUPL_PARAMS --volsize 1"`] });
    place.write("large", randomContent("large", 10 * MIB));
    const { child, ended } = start(place, "full");
    await until(() => existsSync(place.path("target")) && readdirSync(place.path("target")).length >= 2);
    process.kill(-child.pid!, "SIGKILL");
    await ended;
    const last = await place.backup("bkp");
    expect(await place.done("verify", "--compare-data")).toMatch(NO_DIFFERENCES);
    await place.done("restore", place.path("out"));
    place.expectTree("out", last);
    await place.done("status");
  });

  it("S27 nobody at the terminal: with no passphrase it fails at once instead of asking", async () => {
    await using place = await DuplyPlace.open({ conf: { GPG_KEY_SIGN: "disabled", GPG_PW: null, GPG_OPTS: null } });
    await place.backup("full"); // encrypting needs none
    const { code } = await place.duply("restore", place.path("out"));
    expect(code).toBe(1);
  });

  it("S28 a second backup while one runs is refused, and does not disturb it", async () => {
    await using place = await DuplyPlace.open({ lines: [`DUPL_PARAMS="$DUPL_PARAMS --volsize 1"`] });
    place.write("large", randomContent("large", 40 * MIB));
    const { ended } = start(place, "full");
    await until(() => existsSync(place.path("target")) && readdirSync(place.path("target")).length >= 1);
    const { stdout, stderr } = await place.fails(23, "bkp");
    expect(stdout + stderr).toContain("Another duplicity instance is already running with this archive directory");
    expect((await ended)[0]).toBe(0);
    expect(await place.done("verify")).toMatch(NO_DIFFERENCES);
    expect(readdirSync(place.path("home/.cache/duplicity/duply_t")).filter((name) => name.startsWith("duplicity-"))).toHaveLength(
      2,
    );
  });

  it("S29 preview: tells the calls and makes no backup", async () => {
    await using place = await DuplyPlace.open();
    expect(await place.done("backup", "--preview")).toMatch(/duplicity .*--encrypt-key/);
    expect(existsSync(place.path("target"))).toBe(false);
  });

  it("S30 a batch goes on as its signs say when a backup fails", async () => {
    await using place = await DuplyPlace.open();
    await place.backup("full");
    place.exclude("- /elsewhere/than/the/source"); // which is an error
    const { code, stdout } = await place.duply("bkp+verify-status");
    expect(code).toBe(1);
    expect(stdout).toMatch(/Start running command BKP/);
    expect(stdout).toMatch(/Skipping command VERIFY/);
    expect(stdout).toMatch(/Start running command STATUS[^]*Finished state OK/);
  });
});
