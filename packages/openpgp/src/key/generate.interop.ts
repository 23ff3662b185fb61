import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, type GpgHome, gpgHome, run, tempDir } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { generateKey, type GeneratedKey, inspectKey, type KeyKind, publicKeyText } from "../index.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const PASSPHRASE = "abcd EFGH 2345 jkmn pqrs tu";
const SECRET = Buffer.from("what is in a backup\n".repeat(1000));

describeInterop(["gpg", "sq"], "keys that doppel makes", () => {
  const keys = new Map<KeyKind, GeneratedKey>();
  let home: GpgHome;
  beforeAll(async () => {
    home = await gpgHome([]);
    for (const kind of ["rsa3072", "curve25519"] as const)
      keys.set(kind, await generateKey({ kind, userId: `Backups of ${kind} (doppel)`, passphrase: PASSPHRASE, now: NOW }));
  }, 120_000);
  afterAll(() => home[Symbol.asyncDispose]());

  const gpg = (args: readonly string[], input: Uint8Array | string = "", passphrase = PASSPHRASE) =>
    run("gpg", ["--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", passphrase, ...args], {
      env: home.env,
      input,
    });

  it.each([
    ["rsa3072", /^pub:-:3072:1:/m, /^sub:-:3072:1:/m],
    ["curve25519", /^pub:-:255:22:/m, /^sub:-:255:18:/m],
  ] as const)("%s: gpg imports both halves without a remark, encrypts to it and decrypts", async (kind, primary, subkey) => {
    const { fingerprint, publicArmored, secretArmored } = keys.get(kind)!;
    const imported = await gpg(["--import"], secretArmored);
    expect(imported.stderr.toString()).toMatch(/secret keys imported: 1/);
    expect(imported.stderr.toString()).not.toMatch(/warning|unavailable|invalid/i);
    expect((await gpg(["--import"], publicArmored)).stderr.toString()).toMatch(/unchanged: 1/);

    const listed = (await gpg(["--with-colons", "--list-keys", fingerprint])).stdout.toString();
    expect(listed).toMatch(primary);
    expect(listed).toMatch(subkey);
    expect(listed).toContain(`:Backups of ${kind} (doppel):`);
    for (const line of listed.split("\n")) if (/^(?:pub|sub):/.test(line)) expect(line.split(":")[6], "no expiry").toBe("");

    const sealed = (await gpg(["--trust-model", "always", "-r", fingerprint, "--encrypt"], SECRET)).stdout;
    const opened = await gpg(["--decrypt", "--verbose"], sealed);
    expect(opened.stdout.equals(SECRET)).toBe(true);
    expect(opened.stderr.toString()).toMatch(/AES256/);
    const wrong = await gpgHome([]);
    try {
      await run("gpg", ["--batch", "--import"], { env: wrong.env, input: secretArmored });
      const args = ["--batch", "--pinentry-mode", "loopback", "--passphrase", "another one", "--decrypt"];
      expect((await run("gpg", args, { env: wrong.env, input: sealed })).code).not.toBe(0);
    } finally {
      await wrong[Symbol.asyncDispose]();
    }
  });

  it.each(["rsa3072", "curve25519"] as const)("%s: what its packets say", async (kind) => {
    const packets = (await gpg(["--list-packets"], keys.get(kind)!.secretArmored)).stdout.toString();
    expect(packets.match(/iter\+salt S2K, algo: 9, SHA1 protection, hash: 8/g)).toHaveLength(2);
    expect(packets).toMatch(/pref-sym-algos: 9 8 7\)/);
    expect(packets).toMatch(/pref-hash-algos: 8 10 9\)/);
    expect(packets).toMatch(/features: 01\)/);
    expect(packets).not.toMatch(/notation|version [56]/);
  });

  it.each(["rsa3072", "curve25519"] as const)("%s: Sequoia finds nothing wrong with it", async (kind) => {
    const file = join(tempDir(), "key.asc");
    writeFileSync(file, keys.get(kind)!.publicArmored);
    const { code, stdout, stderr } = await run("sq", ["inspect", file]);
    expect(code, stderr.toString()).toBe(0);
    const text = stdout.toString();
    expect(text).toContain(keys.get(kind)!.fingerprint);
    expect(text).toContain("data-at-rest encryption");
    expect(text).not.toMatch(/invalid|bad|expired|SHA1/i);
  });

  it("a key is what inspectKey says of it, and its secret half is told from the public one", async () => {
    const { fingerprint, publicArmored, secretArmored } = keys.get("rsa3072")!;
    const facts = await inspectKey(Buffer.from(publicArmored), NOW);
    expect(facts).toMatchObject({
      fingerprint,
      version: 4,
      secret: false,
      weaknesses: [],
      userIds: ["Backups of rsa3072 (doppel)"],
    });
    expect(facts.encryption).toEqual([
      expect.objectContaining({ algorithm: "RSA 3072", bits: 3072, created: NOW, expired: false, revoked: false }),
    ]);
    expect(await inspectKey(Buffer.from(secretArmored), NOW)).toMatchObject({ fingerprint, secret: true });
    expect(await publicKeyText(Buffer.from(secretArmored))).toBe(publicArmored);
  });

  it.each([
    ["rsa1024", "SHA1", "fail", /1024 bits only/],
    ["rsa2048", "SHA256", "warn", /2048 bits, which are thought good until 2030/],
  ])("a weak key of gpg's: %s, certified with %s", async (algorithm, hash, severity, text) => {
    const place = await gpgHome([]);
    try {
      const make = ["--batch", "--passphrase", "", "--pinentry-mode", "loopback", "--cert-digest-algo", hash];
      const made = await run("gpg", [...make, "--quick-generate-key", "Weak <weak@example.org>", algorithm, "default", "never"], {
        env: place.env,
      });
      expect(made.code, made.stderr.toString()).toBe(0);
      const { stdout } = await run("gpg", ["--batch", "--export", "weak@example.org"], { env: place.env });
      const { weaknesses } = await inspectKey(stdout, new Date("2100-01-01T00:00:00Z"));
      expect(weaknesses).toContainEqual({ severity, text: expect.stringMatching(text) });
      const sha1 = { severity: "warn", text: expect.stringContaining("SHA-1") };
      if (hash === "SHA1") expect(weaknesses).toContainEqual(sha1);
      else expect(weaknesses).not.toContainEqual(sha1);
    } finally {
      await place[Symbol.asyncDispose]();
    }
  });
});
