import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, gpgHome, run, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import type { Secret } from "../src/secret-search.ts";
import { PASSPHRASE, secretsOfKey, World, WRONG } from "./world.ts";

const KEY = testKey("rsa");
const SIGNER = testKey("sign");
const RIGHT = { env: { PASSPHRASE } };

/** Every command that reads a backup, as it is typed with these options; each has to end well. */
async function readEverything(
  world: World,
  url: string,
  options: readonly string[],
  given: Parameters<World["done"]>[1],
): Promise<void> {
  const out = (name: string): string => world.path(`out/${name}`);
  const lines: readonly (readonly string[])[] = [
    ["status", url],
    ["list", url],
    ["find", "**/large", url],
    ["diff", url, "2023-11-16", "now"],
    ["verify", url, world.path("source")],
    ["check", "--json", url],
    ["fetch", url, "d/large", out("fetched")],
    ["drill", url],
    ["restore", url, out("restored")],
    ["recipe", "-t", "2023-11-15T23:59:59", url],
  ];
  for (const [command = "", ...words] of lines) await world.done([command, ...options, ...words], given);
  for (const name of ["fetched", "restored"]) rmSync(out(name), { recursive: true });
}

/** Those that open the single messages, as gpg tells them. */
async function sessionKeys(target: string, passphrase: string, keyring: readonly string[] = []): Promise<readonly Secret[]> {
  await using home = await gpgHome(keyring);
  const files = readdirSync(target).filter((name) => /full.*(?:manifest|sigtar|vol1\.).*gpg$/.test(name));
  const found: Secret[] = [];
  for (const name of files) {
    const loopback = ["--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0"];
    const args = [...loopback, "--show-session-key", "-o", "/dev/null", "--yes", "-d", join(target, name)];
    const { stderr } = await run("gpg", args, { env: home.env, input: `${passphrase}\n` });
    const key = /session key: '\d+:([0-9A-F]+)'/.exec(stderr.toString());
    found.push({ name: `session key of ${name}`, value: Buffer.from(key![1]!, "hex") });
  }
  expect(found.length).toBeGreaterThan(2);
  return found;
}

describeInterop(["gpg"], "a backup that is sealed with a passphrase", () => {
  it("leaves nothing secret, from the environment, a file, a descriptor and standard input", async () => {
    using world = new World([]);
    const [source, target] = [world.path("source"), world.path("target")];
    const file = world.give("passphrase", `${PASSPHRASE}\n`);
    await world.done(["full", ...world.later, "--volsize", "3", source, target], RIGHT);
    world.edit();
    await world.done(["incremental", ...world.later, "--json", "--passphrase-file", file, source, target]);
    world.edit();
    await world.done(["backup", ...world.later, "--passphrase-fd", "0", source, target], { input: `${PASSPHRASE}\n` });
    rmSync(world.path("archive"), { recursive: true });
    await readEverything(world, target, [], RIGHT);
    await world.done(["restore", "--json", target, world.path("out/json")], RIGHT);
    await world.done(["drill", "--json", target], RIGHT);
    await world.done(["replicate", target, world.path("copy")], RIGHT);
    world.edit();
    await world.done(["full", ...world.later, "--dry-run", source, target], RIGHT);
    world.expectClean();
    world.expectClean(await sessionKeys(target, PASSPHRASE));
  });

  it("leaves nothing of a wrong passphrase, or of an empty or an unreadable one", async () => {
    using world = new World([]);
    const [source, target, out] = [world.path("source"), world.path("target"), world.path("out/all")];
    await world.done(["full", ...world.later, source, target], RIGHT);
    const file = world.give("passphrase", `${WRONG}\n`);
    for (const command of [
      ["restore", target, out],
      ["list", target],
      ["check", target],
      ["drill", target],
      ["verify", target, source],
    ]) {
      for (const more of [[], ["--json"]]) {
        await world.run([command[0]!, ...more, "--archive-dir", world.path("archive-2"), ...command.slice(1)], {
          env: { PASSPHRASE: WRONG },
          code: 31,
        });
      }
    }
    await world.run(["restore", "--archive-dir", world.path("archive-2"), "--passphrase-file", file, target, out], { code: 31 });
    await world.run(["incremental", ...world.later, "--archive-dir", world.path("archive-2"), source, target], {
      env: { PASSPHRASE: WRONG },
      code: 31,
    });
    await world.run(["restore", "--no-such-option", target, out], { ...RIGHT, code: 2 });
    await world.run(["restore", "--tempdir", "/proc/nowhere", target, out], { ...RIGHT, code: 35 });
    world.expectClean();
  });

  it("leaves nothing when it is duplicity, asked in its own ways", async () => {
    using world = new World([]);
    const [source, target] = [world.path("source"), world.path("target")];
    const url = `file://${target}`;
    const stock = { as: "duplicity", ...RIGHT } as const;
    await world.done(["full", ...world.later, source, url], stock);
    world.edit();
    await world.done(["incr", ...world.later, source, url], { as: "duplicity", input: `${PASSPHRASE}\n${PASSPHRASE}\n` });
    rmSync(world.path("archive"), { recursive: true });
    for (const command of ["collection-status", "list-current-files", "cleanup"]) await world.done([command, url], stock);
    await world.done(["verify", url, source], stock);
    await world.done(["restore", url, world.path("out/all")], { as: "duplicity", input: `${PASSPHRASE}\n` });
    await world.run(["restore", "--archive-dir", world.path("archive-2"), url, world.path("out/2")], {
      as: "duplicity",
      env: { PASSPHRASE: WRONG },
      code: 31,
    });
    world.expectClean();
  });

  it("leaves nothing with the agent, which has no environment and forgets", async () => {
    using world = new World([]);
    const target = world.path("target");
    world.give("profiles.yaml", `version: 1\nprofiles:\n  web1: {url: ${target}, source: ${world.path("source")}}\n`);
    const file = world.give("passphrase", `${PASSPHRASE}\n`);
    await world.done(["full", ...world.later, "@web1"], RIGHT);
    await world.run(["unlock", "@web1"], { env: { PASSPHRASE: WRONG }, code: 31 });
    await world.done(["unlock", "--passphrase-file", file, "@web1"]);
    await world.done(["restore", "--archive-dir", world.path("archive-2"), "@web1", world.path("out/all")]);
    await world.done(["runbook", "@web1"], { bare: true });
    await world.done(["lock"], { bare: true });
    world.expectClean();
    expect(world.watched((args) => args.includes("--passphrase-agent"))).toBe(true);
  });
});

describeInterop(["gpg"], "a backup that is sealed to a key, and signed", () => {
  const secrets = [...secretsOfKey("rsa"), ...secretsOfKey("sign")];

  it("leaves nothing with key files", async () => {
    using world = new World(secrets);
    const [source, target] = [world.path("source"), world.path("target")];
    const keys = ["--encrypt-key", KEY.publicFile];
    const signed = ["--sign-key", SIGNER.fingerprint, "--secret-key", SIGNER.secretFile];
    await world.done(["full", ...world.later, ...keys, ...signed, source, target], {
      env: { SIGN_PASSPHRASE: SIGNER.passphrase },
    });
    world.edit();
    await world.done(["incremental", ...world.later, ...keys, ...signed, source, target], {
      env: { SIGN_PASSPHRASE: SIGNER.passphrase, PASSPHRASE: KEY.passphrase },
    });
    rmSync(world.path("archive"), { recursive: true });
    const reading = ["--secret-key", KEY.secretFile];
    await readEverything(world, target, reading, { env: { PASSPHRASE: KEY.passphrase } });
    await world.run(["restore", ...reading, "--archive-dir", world.path("archive-2"), target, world.path("out/all")], {
      env: { PASSPHRASE: WRONG },
      code: 31,
    });
    await world.done(["setup", "key", "web2", "--passphrase-fd", "0", "--out", world.path("target")], {
      bare: true,
      input: `${PASSPHRASE}\n`,
    });
    world.expectClean();
  });

  it("leaves nothing with gpg, its agent, and a gpg of one's own; none of them gets what is not meant for it", async () => {
    const awsSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const aws = {
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLEEXAMPLE00",
      AWS_SECRET_ACCESS_KEY: awsSecret,
      AWS_SESSION_TOKEN: `${awsSecret}=token`,
    };
    await using home = await gpgHome(["rsa", "sign"]);
    await run("gpgconf", ["--homedir", home.path, "--kill", "all"]); // so that it is doppel's gpg that starts the agent
    using world = new World([...secrets, { name: "AWS's secret", value: awsSecret }]);
    const [source, target] = [world.path("source"), world.path("target")];
    const own = world.give("own-gpg", '#!/bin/sh\nexec gpg "$@"\n', 0o700);
    const env = { ...aws, GNUPGHOME: home.path, PASSPHRASE: KEY.passphrase, SIGN_PASSPHRASE: SIGNER.passphrase };
    const keys = ["--encrypt-key", KEY.fingerprint, "--sign-key", SIGNER.fingerprint];
    await world.done(["full", ...world.later, ...keys, source, target], { env });
    world.edit();
    await world.done(["incremental", ...world.later, ...keys, "--gpg-binary", own, source, target], { env });
    rmSync(world.path("archive"), { recursive: true });
    await readEverything(world, target, [], { env });
    await world.done(["list", "--archive-dir", world.path("archive-2"), target], {
      env: { ...env, PASSPHRASE: undefined },
      code: [0, 31],
    });
    await run("gpgconf", ["--homedir", home.path, "--reload", "gpg-agent"]); // it forgets what it was told
    await world.run(["restore", "--archive-dir", world.path("archive-3"), target, world.path("out/all")], {
      env: { ...env, PASSPHRASE: WRONG },
      code: 31,
    });
    await world.done(["verify", `file://${target}`, source], { as: "duplicity", env });
    await world.done(["full", ...world.later, ...keys, source, `file://${target}`], { as: "duplicity", env });
    await world.done(["doctor", ...keys, target], { env, code: [0, 1] });
    expect([...world.started]).toEqual(expect.arrayContaining(["gpg", "own-gpg"]));
    expect(world.watched((args) => args.startsWith("gpg-agent\0"))).toBe(true);
    world.expectClean();
    world.expectClean(await sessionKeys(target, KEY.passphrase, ["rsa"]));
  });
});
