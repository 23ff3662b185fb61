import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { describeInterop, gpgHome, run, testKey } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { examined } from "../src/examined.ts";
import { ProfilesPlace } from "../src/profiles-place.ts";

const KEY = testKey("rsa");
const QUIET = "--no-print-statistics";
const HOUR = 3600;

/** A server with its own profile, whose public key lies by itself. */
function server(more: readonly string[] = []): ProfilesPlace {
  const place = new ProfilesPlace([
    "web1:",
    "  url: file://target",
    "  source: src",
    "  encrypt-to: keys/web1.asc",
    `  fingerprints: ${KEY.fingerprint}`,
    ...more.map((line) => `  ${line}`),
  ]);
  mkdirSync(place.at("keys"));
  copyFileSync(KEY.publicFile, place.at("keys/web1.asc"));
  return place;
}

async function examine(place: ProfilesPlace, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  return examined(await place.run(["doctor", "--json", ...args, "@web1"], { env }));
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

describeInterop(["gpg", "duplicity"], "doctor, for a folder", () => {
  it("of a fresh server knows what there is not yet; after a backup nothing fails", async () => {
    using place = server();
    const fresh = await examine(place);
    expect(fresh.titles("fail")).toEqual([]);
    expect(fresh.one("target")).toMatchObject({ level: "warn" });
    expect(fresh.one("last-backup")).toMatchObject({ level: "skipped" });

    await place.done(["full", QUIET, "@web1"]);
    const before = readdirSync(place.at("target"));
    const after = await examine(place);
    expect(after.titles("fail")).toEqual([]);
    expect(after.titles("warn")).toEqual(["deleting a backup is possible"]);
    expect(after.code).toBe(3);
    for (const id of [
      "key",
      "key-expiry",
      "key-pinned",
      "no-secret-key",
      "folders",
      "temp-space",
      "archive-dir",
      "clock",
      "last-backup",
      "last-backup-whole",
      "emergency-tool:duplicity",
      "emergency-tool:gpg",
    ]) {
      expect(after.one(id), id).toMatchObject({ level: "pass" });
    }
    expect(after.one("forgery").detail).toMatch(/whoever has the public key and may store can make one/);
    expect(readdirSync(place.at("target"))).toEqual(before);
    expect(readdirSync(place.path).filter((name) => name.startsWith("doppel-"))).toEqual([]);

    const { stdout, stderr, code } = await place.run(["doctor", "@web1"]);
    expect([code, stderr.toString()]).toEqual([3, ""]);
    expect(stdout.toString()).toMatch(/^pass {2}doppel \d/m);
    expect(stdout.toString()).toMatch(/^WARN {2}deleting a backup is possible\n(?: {6}\S.*\n)+ {6}-> keep a copy/m);
    expect(stdout.toString()).toMatch(/\n\nnothing failed, 1 warning, \d+ passed, 1 not looked at\n$/);
    expect(
      stdout
        .toString()
        .split("\n")
        .filter((line) => line.length > 80),
    ).toEqual([]);
    // eslint-disable-next-line no-control-regex -- that there are none is what is tested
    expect(stdout.toString()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it("--dry-run writes nothing", async () => {
    using place = server();
    await place.done(["full", QUIET, "@web1"]);
    const dry = await examine(place, ["--dry-run"]);
    expect(dry.one("append-only")).toMatchObject({ level: "skipped" });
  });

  it("names what is not there, what is empty, and what another rule leaves out, with the line of the list", async () => {
    using place = server(["rules: [include-filelist: list]"]);
    mkdirSync(place.at("src/empty"));
    const lines = ["src/gone", "src/empty", "- src/etc", "src/etc/passwd", "src/*.conf", "src/log", "- **"];
    place.write("list", `# what is kept\n${lines.map((line) => line.replace("src/", `${place.path}/src/`)).join("\n")}\n`);
    const { code, findings } = await examine(place);
    const folders = findings
      .filter(({ id }) => id.startsWith("folders"))
      .map(({ level, title }) => [level, title.replaceAll(place.path, "HERE")]);
    expect(code).toBe(1);
    expect(folders).toEqual([
      ["pass", "1 of 5 are there: HERE/src/log"],
      ["fail", "HERE/src/gone (HERE/list:2) does not exist"],
      ["fail", "HERE/src/empty (HERE/list:3) is empty: nothing in it is backed up"],
      ["fail", "HERE/src/etc/passwd (HERE/list:5) is not backed up"],
      ["fail", "nothing that matches HERE/src/*.conf (HERE/list:6) is backed up"],
    ]);
  });

  it("sees an old backup, one with a volume gone, and clocks that differ", async () => {
    using place = server(["expect: {schedule: every 1D}"]);
    await place.done(["full", QUIET, "--current-time", `${now() - 240 * HOUR}`, "@web1"]);
    const old = await examine(place);
    expect(old.one("last-backup")).toMatchObject({ level: "warn", title: "the last backup (full) is 10 days old" });
    expect(old.one("clock")).toMatchObject({ level: "pass" });
    for (const name of readdirSync(place.at("target"))) if (name.includes(".vol1.")) rmSync(place.at(`target/${name}`));
    const damaged = await examine(place, ["--current-time", `${now() + HOUR}`]);
    expect(damaged.code).toBe(1);
    expect(damaged.one("last-backup-whole")).toMatchObject({ level: "fail" });
    expect(damaged.one("clock")).toMatchObject({ level: "fail", title: expect.stringContaining("60 minutes ahead of") });
  });

  it("a target that cannot be opened is one failure, and the rest is looked at", async () => {
    using place = server();
    writeFileSync(place.at("target"), "a file");
    const { code, one } = await examine(place);
    expect(code).toBe(1);
    expect(one("target")).toMatchObject({ level: "fail" });
    expect(one("append-only")).toMatchObject({ level: "skipped" });
    expect(one("folders")).toMatchObject({ level: "pass" });
  });

  it("files of the profile that are gone, or are something else, are a failure each", async () => {
    using place = server(["rules: [include-filelist: list]"]);
    const gone = await examine(place);
    expect(gone.code).toBe(1);
    expect(gone.one("folders")).toMatchObject({ level: "fail", detail: expect.stringContaining("list cannot be read") });
    place.write("list", `${place.at("src/etc")}\n- **\n`);
    place.write("keys/web1.asc", "no key");
    const noKey = await examine(place);
    expect(noKey.code).toBe(1);
    expect(noKey.one("key")).toMatchObject({ level: "fail", detail: expect.stringContaining("holds no public OpenPGP key") });
    expect(noKey.one("no-secret-key")).toMatchObject({ level: "skipped" });
    expect(noKey.one("folders")).toMatchObject({ level: "pass" });
    rmSync(place.at("keys/web1.asc"));
    expect((await examine(place)).one("key")).toMatchObject({ level: "fail" });
  });
});

describeInterop(["gpg", "duplicity"], "doctor, of keys", () => {
  it("finds the secret key in a keyring, and not the public one; and as a file", async () => {
    using place = server();
    await using secret = await gpgHome(["rsa", "second"]);
    await using other = await gpgHome(["second"]);
    await using open = await gpgHome(["rsa"], { secret: false });
    const before = readdirSync(secret.path);
    const inRing = await examine(place, [], { GNUPGHOME: secret.path });
    expect(inRing.code).toBe(1);
    expect(inRing.one("no-secret-key")).toMatchObject({
      level: "fail",
      title: `the secret key of the backups is in gpg's keyring in ${secret.path}`,
      remedy: expect.stringContaining(`--delete-secret-keys ${KEY.fingerprint}`),
    });
    expect(readdirSync(secret.path)).toEqual(before);
    for (const { path } of [other, open]) {
      expect((await examine(place, [], { GNUPGHOME: path })).one("no-secret-key")).toMatchObject({ level: "pass" });
    }
    // Where `setup server` leaves one that it has made.
    const home = place.at("home");
    mkdirSync(home);
    copyFileSync(KEY.secretFile, place.at("home/web1.secret.asc"));
    expect((await examine(place, [], { HOME: home })).one("no-secret-key")).toMatchObject({
      level: "fail",
      remedy: expect.stringContaining("shred -u"),
    });
    copyFileSync(KEY.secretFile, place.at("keys/web1.asc"));
    expect((await examine(place)).one("no-secret-key")).toMatchObject({
      level: "fail",
      remedy: expect.stringMatching(/leave here only what gpg --export gives/),
    });
    copyFileSync(KEY.publicFile, place.at("keys/web1.asc"));
    copyFileSync(KEY.secretFile, place.at("keys/backup of web1"));
    // A machine that restores has to have it.
    const restoring = ["mail:", "  url: file://target", "  encrypt-to: web1.asc", "  options: {secret-key: web1.sec}"];
    using elsewhere = new ProfilesPlace(restoring);
    copyFileSync(KEY.publicFile, elsewhere.at("web1.asc"));
    copyFileSync(KEY.secretFile, elsewhere.at("web1.sec"));
    const there = examined(await elsewhere.run(["doctor", "--json", "@mail"]));
    expect(there.one("no-secret-key")).toMatchObject({ level: "skipped", detail: expect.stringContaining("for restoring") });
    const inFile = await examine(place);
    expect(inFile.one("no-secret-key")).toMatchObject({
      level: "fail",
      title: expect.stringContaining(place.at("keys/backup of web1")),
    });
  });

  it("one that expires soon, has expired, or is not the pinned one", async () => {
    await using home = await gpgHome([]);
    const gpg = (...args: readonly string[]) => run("gpg", ["--batch", "--no-tty", ...args], { env: home.env });
    const made = await gpg("--passphrase", "", "--quick-gen-key", "web1 <web1@doppel.example>", "rsa2048", "default", "40d");
    expect(made.code, made.stderr.toString()).toBe(0);
    const listed = (await gpg("--list-keys", "--with-colons")).stdout.toString();
    const fingerprint = /^fpr:{9}([0-9A-F]{40}):/m.exec(listed)![1]!;
    // With an algorithm named, gpg makes no subkey of its own accord.
    const added = await gpg("--passphrase", "", "--quick-add-key", fingerprint, "rsa2048", "encrypt", "40d");
    expect(added.code, added.stderr.toString()).toBe(0);
    const armored = (await gpg("--armor", "--export", fingerprint)).stdout;

    using place = server();
    writeFileSync(place.at("keys/web1.asc"), armored);
    expect((await examine(place)).one("key-pinned")).toMatchObject({
      level: "fail",
      remedy: expect.stringContaining("who has replaced the key"),
    });

    const file = place.at("keys/web1.asc");
    const plain = async (...args: readonly string[]) =>
      examined(await place.run(["doctor", "--json", "--encrypt-key", file, ...args, place.at("target")]));
    const soon = await plain();
    expect(soon.one("key")).toMatchObject({ level: "pass" });
    expect(soon.one("key-expiry")).toMatchObject({
      level: "warn",
      title: expect.stringMatching(/expires on 20.*, in (?:39|40) days/),
    });
    const bits = expect.stringContaining("2048 bits");
    expect(soon.one("key-strength")).toMatchObject({ level: "warn", title: bits, detail: bits });
    expect(soon.one("key-pinned")).toMatchObject({ level: "warn" });
    const expired = await plain("--current-time", `${now() + 1000 * HOUR}`);
    expect(expired.code).toBe(1);
    expect(expired.one("key")).toMatchObject({ level: "fail", detail: expect.stringContaining("expired") });
  });
});

describe("doctor, without keys", () => {
  it("says what follows from a passphrase, and from none", async () => {
    using place = new ProfilesPlace(["web1:", "  url: file://target", "  source: src"]);
    expect((await examine(place)).one("key")).toMatchObject({ level: "warn", title: expect.stringContaining("passphrase") });
    expect((await examine(place, ["--no-encryption"])).one("key")).toMatchObject({
      level: "warn",
      title: expect.stringContaining("not encrypted"),
    });
    const unknown = examined(await place.run(["doctor", "--json", place.at("target")]));
    expect(unknown.one("key")).toMatchObject({ level: "skipped" });
    expect(unknown.one("folders")).toMatchObject({ level: "skipped" });
  });
});
