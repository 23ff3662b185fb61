import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asStored,
  compareTrees,
  describeInterop,
  gpgHome,
  randomContent,
  run,
  scanTree,
  stockDuplicity,
  testKey,
} from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type Box, expectDone, expectRefusal, makeBox, type Outcome } from "./box.ts";
import { dir, file, forgeSet, MANIFEST, ROOT, tar } from "./forged-set.ts";

const rsa = testKey("rsa");
const sign = testKey("sign");
/** Days of 2026. */
const day = (number: number): string => String(Date.UTC(2026, 5, number) / 1000);
const env = { PASSPHRASE: rsa.passphrase, SIGN_PASSPHRASE: sign.passphrase };
/** What a reader is told who expects signatures; an archive directory that knows nothing. */
const EXPECTED = ["--secret-key", rsa.secretFile, "--sign-key", sign.publicFile, "--archive-dir", "none"];
const UNSIGNED = /is not signed, but a signature by [0-9A-F, ]+ is required/;

/** A backup as the server makes it on that day, signed. */
async function signed(box: Box, number: number, kind = "full", options: readonly string[] = []): Promise<void> {
  const keys = ["--encrypt-key", rsa.publicFile, "--sign-key", sign.fingerprint, "--secret-key", sign.secretFile];
  const args = [kind, ...keys, "--archive-dir", box.archive, "--current-time", day(number), "--volsize", "1", ...options];
  expectDone(await box.doppel([...args, "source", "target"], { env }));
}

/** As whoever has the public key can make them: on a machine of its own, with other files. */
async function forged(box: Box, number: number, options: readonly string[] = []): Promise<string[]> {
  mkdirSync(join(box.path, "evil"), { recursive: true });
  writeFileSync(join(box.path, "evil/one"), "evil\n");
  const args = ["full", ...(options.length > 0 ? options : ["--encrypt-key", rsa.publicFile]), "--archive-dir", "evil-archive"];
  const own = { ...env, SIGN_PASSPHRASE: rsa.passphrase };
  expectDone(await box.doppel([...args, "--current-time", day(number), "evil", "forged"], { env: own }));
  return readdirSync(join(box.path, "forged"));
}

const reading = (box: Box, command: readonly string[]): Promise<Outcome> =>
  box.doppel([...command.slice(0, 1), ...EXPECTED, ...command.slice(1)], { env });

/** Commands that read a backup: each refuses the newest one, and leaves nothing that it had of it. */
const READERS: readonly (readonly string[])[] = [
  ["restore", "target", "restored"],
  ["restore", "--path-to-restore", "one", "target", "restored"],
  ["verify", "target", "source"],
  ["list", "target"],
  ["find", "one", "target"],
  ["drill", "target"],
  ["recipe", "target"],
  ["status", "--file-changed", "one", "target"],
];

async function expectRefused(box: Box, message: RegExp, readers: typeof READERS = [READERS[0]!, READERS[3]!]): Promise<void> {
  for (const command of readers) {
    const outcome = await reading(box, command);
    expect(`${outcome.code}: ${outcome.stderr}`, command.join(" ")).toMatch(message);
    expect(outcome.code, command.join(" ")).toBe(22);
    expect(outcome.stdout).not.toContain("evil");
  }
  expect(existsSync(box.restored) ? readdirSync(box.restored) : []).toEqual([]);
}

describe("with --sign-key, what that key did not sign is refused: exit 22", () => {
  it("a newer backup that is not signed; the one before it is restored", async () => {
    const box = makeBox();
    await signed(box, 1);
    await forged(box, 2);
    cpSync(join(box.path, "forged"), box.target, { recursive: true });
    await expectRefused(
      box,
      /duplicity-full\S*\.20260602T000000Z\.\S+: the backup is not signed, but a signature by .* is required/,
      READERS,
    );
    const check = await reading(box, ["check", "target"]);
    expect(check.stdout).toMatch(/20260602T000000Z\.manifest\.gpg.*is not signed/);
    expect(check.code).toBe(21);
    expectDone(await reading(box, ["restore", "--time", day(1), "target", "restored"]));
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
    // Without the option nobody can tell: that is what the doctor says.
    expectDone(await box.doppel(["restore", "--secret-key", rsa.secretFile, "target", "deceived"], { env }));
    expect(readFileSync(join(box.path, "deceived/one"), "utf8")).toBe("evil\n");
  });

  it("one that another key signed, and one that is not encrypted at all", async () => {
    const box = makeBox();
    await signed(box, 1);
    await forged(box, 2, ["--encrypt-key", rsa.publicFile, "--sign-key", rsa.fingerprint, "--secret-key", rsa.secretFile]);
    cpSync(join(box.path, "forged"), box.target, { recursive: true });
    await expectRefused(box, /is signed by [0-9A-F]{16}, not by /);
    rmSync(box.target, { recursive: true });
    rmSync(join(box.path, "forged"), { recursive: true });
    await forged(box, 2, ["--no-encryption"]);
    renameSync(join(box.path, "forged"), box.target);
    await expectRefused(box, /duplicity-full\.\S+: it is not encrypted, so it cannot be signed, and a signature is required/);
  });

  it("signed volumes that a manifest of somebody else puts together", async () => {
    const box = makeBox();
    await signed(box, 1);
    await forged(box, 1);
    for (const name of readdirSync(join(box.path, "forged")))
      if (name.includes("manifest")) cpSync(join(box.path, "forged", name), join(box.target, name));
    await expectRefused(box, UNSIGNED, [READERS[0]!, ["verify", "target", "source"]]);
    // By the index and the signatures, which are genuine, as are the volumes.
    expectDone(await reading(box, ["restore", "--path-to-restore", "one", "target", "restored"]));
    expect(readFileSync(box.restored, "utf8")).toBe("one\n");
  });

  it("an older backup, all of it signed, under a newer name", async () => {
    const box = makeBox();
    await signed(box, 1);
    writeFileSync(join(box.source, "one"), "changed since\n");
    await signed(box, 5);
    for (const name of readdirSync(box.target)) {
      if (!name.includes("20260601T")) continue;
      renameSync(join(box.target, name), join(box.target, name.replace("20260601T", "20260609T")));
    }
    await expectRefused(
      box,
      /it was signed at 2026-06-01T00:00:\S+, before 2026-06-08T23:00:00.000Z: this is something older under a newer name/,
    );
  });

  it("signatures and an index that were replaced: nothing is listed, and nothing compared with them", async () => {
    const box = makeBox();
    await signed(box, 1);
    await forged(box, 1);
    for (const name of readdirSync(join(box.path, "forged")))
      if (/sigtar|index/.test(name)) cpSync(join(box.path, "forged", name), join(box.target, name));
    for (const command of [
      ["list", "target"],
      ["find", "one", "target"],
    ]) {
      const outcome = await reading(box, command);
      expect(outcome.stderr).toMatch(UNSIGNED);
      expect(outcome).toMatchObject({ code: 22, stdout: "" });
    }
    // With a signature of its own for `one`, an increment would take the file for changed, or not.
    rmSync(box.archive, { recursive: true });
    const before = readdirSync(box.target);
    await using home = await gpgHome(["rsa"]);
    const keys = ["--encrypt-key", rsa.publicFile, "--sign-key", sign.fingerprint, "--secret-key", sign.secretFile];
    const args = ["incremental", ...keys, "--archive-dir", box.archive, "--current-time", day(3), "source", "target"];
    const outcome = await box.doppel(args, { env: { ...env, GNUPGHOME: home.path } });
    expectRefusal(outcome, 22, /new-signatures|full-signatures/);
    expect(outcome.stderr).toMatch(UNSIGNED);
    expect(readdirSync(box.target)).toEqual(before);
  });
});

describe("a genuine volume in the place of another", () => {
  it("is not what the signed manifest says: its files are lost, and named", async () => {
    const box = makeBox();
    writeFileSync(join(box.source, "zz"), randomContent("first", 2_500_000));
    await signed(box, 1);
    writeFileSync(join(box.source, "zz"), randomContent("second", 2_500_000));
    await signed(box, 2);
    const names = readdirSync(box.target).filter((name) => name.includes("vol2."));
    expect(names).toHaveLength(2);
    cpSync(join(box.target, names[0]!), join(box.target, names[1]!));
    const outcome = await reading(box, ["restore", "target", "restored"]);
    expect(outcome.stderr).toMatch(/vol2\.difftar\.gpg is not what the manifest says/);
    expect(outcome.code).toBe(3);
    expect(readdirSync(box.restored)).toEqual(["one", "three", "two"]);
    expect(readFileSync(join(box.restored, "one"), "utf8")).toBe("one\n");
    expect((await reading(box, ["restore", "--fail-fast", "target", "again"])).code).toBe(21);
    expect((await reading(box, ["check", "target"])).code).toBe(21);
  });
});

describe("what is signed is read as ever", () => {
  it("by every command, from the target alone; a lost archive directory is brought back by what is signed", async () => {
    const box = makeBox();
    await signed(box, 1);
    writeFileSync(join(box.source, "one"), "changed since\n");
    await signed(box, 2, "incremental");
    for (const command of [...READERS.filter(([name]) => name !== "recipe"), ["check", "target"], ["status", "target"]]) {
      rmSync(box.restored, { recursive: true, force: true });
      expectDone(await reading(box, command));
    }
    expectRefusal(await reading(box, ["check", "--without-key", "target"]), 2, /--without-key cannot stand beside --sign-key/);
    rmSync(box.archive, { recursive: true });
    await using home = await gpgHome(["rsa"]);
    writeFileSync(join(box.source, "two"), "changed too\n");
    const keys = ["--encrypt-key", rsa.publicFile, "--sign-key", sign.fingerprint, "--secret-key", sign.secretFile];
    const args = ["incremental", ...keys, "--archive-dir", box.archive, "--current-time", day(3), "source", "target"];
    expectDone(await box.doppel(args, { env: { ...env, GNUPGHOME: home.path } }));
    rmSync(box.restored, { recursive: true, force: true });
    expectDone(await reading(box, ["restore", "target", "restored"]));
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });

  it("a profile that names the key demands it of every command", async () => {
    const box = makeBox();
    await forged(box, 2);
    const profile = ["version: 1", "profiles:", "  web1:", `    url: file://${box.path}/forged`, "    options:"];
    const options = [`      sign-key: ${sign.publicFile}`, `      secret-key: ${rsa.secretFile}`, ""];
    writeFileSync(join(box.path, "profiles.yaml"), [...profile, ...options].join("\n"), { mode: 0o600 });
    const more = { env: { ...env, DOPPEL_PROFILES: join(box.path, "profiles.yaml") } };
    for (const command of [
      ["restore", "@web1", "restored"],
      ["list", "@web1"],
      ["drill", "@web1"],
      ["check", "@web1"],
    ]) {
      const outcome = await box.doppel(command, more);
      expect(outcome.stderr, command.join(" ")).toMatch(UNSIGNED);
      expect(outcome.code).toBe(22);
    }
    expectDone(await box.doppel(["status", "@web1"], more)); // which reads names only
  });
});

describeInterop(["duplicity", "gpg"], "made by others", () => {
  it("a set that gpg encrypted by hand passes without the option, and does not with it", async () => {
    const box = makeBox();
    const plain = join(box.path, "plain");
    forgeSet(plain, [tar([ROOT, dir("a"), file("a/b", "evil\n")])]);
    await using home = await gpgHome(["rsa"], { secret: false });
    mkdirSync(box.target);
    const gpg = async (name: string, input: Uint8Array | string): Promise<void> => {
      const args = [
        "--batch",
        "--trust-model",
        "always",
        "-r",
        rsa.fingerprint,
        "--output",
        join(box.target, `${name}.gpg`),
        "-e",
      ];
      expect((await run("gpg", args, { env: home.env, input })).code).toBe(0);
    };
    const [volume = ""] = readdirSync(plain).filter((name) => name.includes("vol1"));
    await gpg(volume, readFileSync(join(plain, volume)));
    const { stdout } = await run("sha1sum", [join(box.target, `${volume}.gpg`)]);
    const manifest = readFileSync(join(plain, MANIFEST), "utf8");
    await gpg(MANIFEST, manifest.replace(/SHA1 \w+/, `SHA1 ${stdout.toString().slice(0, 40)}`));
    const outcome = await reading(box, ["restore", "target", "restored"]);
    expectRefusal(outcome, 22, UNSIGNED);
    expect(existsSync(box.restored)).toBe(false);
    expectDone(await box.doppel(["restore", "--secret-key", rsa.secretFile, "target", "restored"], { env }));
    expect(readFileSync(join(box.restored, "a/b"), "utf8")).toBe("evil\n");
  });

  it("signed sets of stock's, full and incremental, pass every command", async () => {
    const box = makeBox();
    await using home = await gpgHome(["rsa", "sign"]);
    using stock = stockDuplicity(home);
    const args = ["--encrypt-key", rsa.fingerprint, "--sign-key", sign.fingerprint, box.source, `file://${box.target}`];
    const made = await stock.run(["full", ...args], env);
    expect(made.code, made.stderr.toString()).toBe(0);
    writeFileSync(join(box.source, "one"), "changed since\n");
    await new Promise((resolve) => setTimeout(resolve, 1100)); // two sets of one second cannot be
    expect((await stock.run(["incremental", ...args], env)).code).toBe(0);
    for (const command of [...READERS.filter(([name]) => name !== "recipe"), ["check", "target"]]) {
      rmSync(box.restored, { recursive: true, force: true });
      expectDone(await reading(box, command));
    }
  });
});
