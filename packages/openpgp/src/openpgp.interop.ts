import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, type GpgHome, gpgHome, run, tempDir, testKey } from "@doppel/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  authenticateMessage,
  describeMessage,
  findRecipient,
  findVerifier,
  firstOf,
  type Recipient,
  type SecretKeys,
  secretKeysFromGpg,
  secretKeysFromKeyFile,
  secretKeysFromPassphrase,
  signerFromGpg,
  signerFromKeyFile,
  verifierFromKeys,
} from "./index.ts";
import { chunked, open, sampleData, seal } from "./test-messages.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const data = sampleData(300_000);
/** For what depends on the kind of message, not on its size: several blocks, packets and chunks. */
const small = sampleData(40_000);
/** Few rounds of deriving keys: most of a test would be spent there. */
const QUICK = ["--s2k-count", "65536"];
const passphrase = 'päss "wort" $x';

const readFile = (path: string): Uint8Array | undefined => {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
};

/** gpg's whole environment, without what is undefined. */
function environment(home: GpgHome): Record<string, string> {
  return Object.fromEntries(Object.entries(home.env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function recipient(home: GpgHome, query: string, hidden = false): Promise<Recipient> {
  return findRecipient(query, { gnupgHome: home.path, readFile, now: NOW, hidden });
}

const unlocked = new Map<string, SecretKeys>();

/** One for all tests: unlocking the key takes most of a second. */
function keyFile(name: string): SecretKeys {
  const key = testKey(name);
  const keys = unlocked.get(name) ?? secretKeysFromKeyFile(readFileSync(key.secretFile), async () => key.passphrase);
  unlocked.set(name, keys);
  return keys;
}

async function gpg(home: GpgHome, args: readonly string[], input: Uint8Array, secret = ""): Promise<Buffer> {
  const { code, stdout, stderr } = await run(
    "gpg",
    ["--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", secret, ...args],
    {
      env: home.env,
      input,
    },
  );
  if (code !== 0) throw new Error(`gpg ${args.join(" ")} ended with ${code}: ${stderr.toString()}`);
  return stdout;
}

describeInterop(["gpg"], "gpg", () => {
  let home: GpgHome;
  beforeAll(async () => {
    home = await gpgHome(["rsa", "curve", "sign", "second"]);
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
  });

  describe("reads what we write", () => {
    it.each(["rsa", "curve", "second"])(
      "to %s, named and compressed, hidden and not compressed; and opens it for us",
      async (name) => {
        const key = testKey(name);
        // A home with this key alone: gpg would try the passphrase on every key for a hidden recipient.
        await using own = await gpgHome([name]);
        const through = secretKeysFromGpg({ env: environment(own), passphrase: key.passphrase });
        for (const hidden of [false, true]) {
          const sealed = await seal(data, { recipients: [await recipient(own, key.fingerprint, hidden)], compress: !hidden });
          const { recipients } = await describeMessage(sealed.subarray(0, 1000));
          expect(recipients).toEqual([hidden ? "0000000000000000" : expect.stringMatching(/^[1-9A-F][0-9A-F]{15}$/)]);
          expect((await gpg(own, ["--decrypt"], sealed, key.passphrase)).equals(data)).toBe(true);
          // And gpg, its agent and the key file open it for us.
          expect((await open(sealed, through)).equals(data)).toBe(true);
          expect((await open(sealed, keyFile(name))).equals(data)).toBe(true);
        }
      },
    );

    it.each([0, 506, 2_000_000])("%i bytes, to a passphrase", async (size) => {
      const some = sampleData(size);
      const sealed = await seal(some, { passphrase });
      expect((await gpg(home, ["--decrypt"], sealed, passphrase)).equals(some)).toBe(true);
    });

    it("to two keys and a passphrase, in the packets of the specification", async () => {
      const recipients = [await recipient(home, "<rsa@fixture.example>"), await recipient(home, "curve@FIXTURE", true)];
      const sealed = await seal(data, { recipients, passphrase });
      const { stdout } = await run(
        "gpg",
        ["--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", passphrase, "--list-packets"],
        {
          env: home.env,
          input: sealed,
        },
      );
      const packets = stdout.toString();
      expect(packets).toMatch(/:pubkey enc packet: version 3, algo 1, keyid 1507FE13BFB947B7/);
      expect(packets).toMatch(/:pubkey enc packet: version 3, algo 18, keyid 0000000000000000/);
      expect(packets).toMatch(/:symkey enc packet: version 4, cipher 9, aead 0,s2k 3, hash 8/);
      expect(packets).toMatch(/:encrypted data packet:\n(?:.*\n)?\s*mdc_method: 2/);
      expect(packets).toMatch(/:compressed packet: algo=1/);
      expect(packets).toMatch(/mode b \(62\), created 0, name=""/);
    });

    it.each(["gpg", "file"])("signed through %s", async (how) => {
      const key = testKey(how === "gpg" ? "sign" : "rsa");
      const signer =
        how === "gpg"
          ? await signerFromGpg(key.fingerprint, { env: environment(home), passphrase: key.passphrase })
          : await signerFromKeyFile(readFileSync(key.secretFile), key.fingerprint, key.passphrase, () => new Date());
      const sealed = await seal(data, { passphrase, signer, compress: how === "gpg" });
      const status = await run(
        "gpg",
        ["--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", passphrase, "--status-fd", "2", "--decrypt"],
        {
          env: home.env,
          input: sealed,
        },
      );
      expect(status.code).toBe(0);
      expect(status.stderr.toString()).toContain(`GOODSIG ${key.fingerprint.slice(24)}`);
      expect(status.stdout.equals(data)).toBe(true);
      const verifier = await verifierFromKeys([readFileSync(key.publicFile)]);
      expect((await open(sealed, passphrase, { verifier })).equals(data)).toBe(true);
    });
  });

  describe("writes what we read", () => {
    const always = ["--trust-model", "always"];
    it.each([
      ["zlib", ["--compress-algo", "zlib"]],
      ["zip", ["--compress-algo", "zip"]],
      ["bzip2", ["--compress-algo", "bzip2"]],
      ["no compression", ["-z", "0"]],
      ["armor", ["--armor"]],
      ["two recipients", ["--recipient", "curve@fixture.example"]],
      ["a hidden one besides", ["--hidden-recipient", "curve@fixture.example"]],
      ["a passphrase besides", ["--symmetric"]],
      ["a file name", ["--set-filename", "x".repeat(100)]],
      ["signed", ["--sign", "--local-user", "second@fixture.example"]],
    ])("%s", async (_, options) => {
      const secret = testKey("second").passphrase;
      const sealed = await gpg(home, [...always, "--recipient", "rsa@fixture.example", ...options, "--encrypt"], small, secret);
      for (const chunkSize of [100, 65_536]) expect((await open(sealed, keyFile("rsa"), {}, chunkSize)).equals(small)).toBe(true);
      await authenticateMessage(chunked(sealed), keyFile("rsa"));
    });

    it.each(["3DES", "CAST5", "BLOWFISH", "AES", "AES192", "AES256", "TWOFISH", "CAMELLIA128", "CAMELLIA192", "CAMELLIA256"])(
      "cipher %s, with and without integrity protection",
      async (cipher) => {
        const sealed = await gpg(home, ["--cipher-algo", cipher, ...QUICK, "--symmetric"], small, passphrase);
        expect((await open(sealed, passphrase, {}, 3000)).equals(small)).toBe(true);
        const warnings: string[] = [];
        const old = await gpg(home, ["--rfc2440", "--cipher-algo", cipher, ...QUICK, "--symmetric"], small, passphrase);
        const onWarning = (text: string): void => void warnings.push(text);
        expect((await open(old, passphrase, { onWarning }, 3000)).equals(small)).toBe(true);
        // gpg protects what it encrypts with 16-byte blocks even then.
        const protectedAnyway = !["3DES", "CAST5", "BLOWFISH"].includes(cipher);
        if (!protectedAnyway) expect(warnings).toEqual([expect.stringContaining("no integrity protection")]);
      },
    );

    it.each(["0", "1", "3"])("passphrase by S2K mode %s, with every hash", async (mode) => {
      for (const digest of mode === "3" ? ["SHA1", "RIPEMD160", "SHA224", "SHA256", "SHA384", "SHA512"] : ["SHA1", "SHA256"]) {
        const sealed = await gpg(
          home,
          ["--s2k-mode", mode, "--s2k-digest-algo", digest, "--s2k-count", "65536", "--symmetric"],
          small,
          passphrase,
        );
        expect((await open(sealed, passphrase)).equals(small)).toBe(true);
      }
    });

    it("not with another passphrase", async () => {
      const sealed = await gpg(home, [...QUICK, "--symmetric"], data, passphrase);
      await expect(open(sealed, "wrong")).rejects.toMatchObject({ code: "openpgp.wrong-passphrase" });
    });

    it("not in text mode", async () => {
      const sealed = await gpg(home, ["--textmode", "--symmetric"], Buffer.from("a\nb\n"), passphrase);
      await expect(open(sealed, passphrase)).rejects.toMatchObject({ data: { reason: "text-mode" } });
    });

    it("the right signature, and no other", async () => {
      const options = ["--sign", "--local-user", "second@fixture.example", "--symmetric"];
      const sealed = await gpg(home, options, data, testKey("second").passphrase);
      const secret = testKey("second").passphrase;
      const sources = { gnupgHome: home.path, readFile };
      const right = await findVerifier(testKey("second").fingerprint, sources);
      expect((await open(sealed, secret, { verifier: right })).equals(data)).toBe(true);
      const wrong = await findVerifier("sign@fixture.example", sources);
      await expect(open(sealed, secret, { verifier: wrong })).rejects.toMatchObject({ code: "openpgp.bad-signature" });
      const unsigned = await gpg(home, ["--symmetric"], data, passphrase);
      await expect(open(unsigned, passphrase, { verifier: right })).rejects.toMatchObject({ data: { reason: "unsigned" } });
    });
  });

  describe("opens messages for us", () => {
    const through = (at: GpgHome, secret?: string): SecretKeys =>
      secretKeysFromGpg({ env: environment(at), ...(secret === undefined ? {} : { passphrase: secret }) });

    it("to a passphrase", async () => {
      const sealed = await seal(data, { passphrase });
      expect((await open(sealed, through(home, passphrase))).equals(data)).toBe(true);
      await expect(open(sealed, through(home, "no"))).rejects.toMatchObject({ code: "openpgp.wrong-passphrase" });
    });

    it("and says why when it does not", async () => {
      const key = testKey("rsa");
      await using locked = await gpgHome(["rsa"]);
      await using other = await gpgHome(["second"]);
      const sealed = await seal(data, { recipients: [await recipient(locked, key.fingerprint)] });
      await expect(open(sealed, through(locked, "no"))).rejects.toMatchObject({ code: "openpgp.wrong-passphrase" });
      await expect(open(sealed, through(locked))).rejects.toMatchObject({ code: "openpgp.passphrase-needed" });
      const keyIds = ["1507FE13BFB947B7"];
      await expect(open(sealed, through(other, "x"))).rejects.toMatchObject({ code: "openpgp.no-secret-key", data: { keyIds } });
      await expect(open(sealed, keyFile("second"))).rejects.toMatchObject({ code: "openpgp.no-secret-key", data: { keyIds } });
      const absent = secretKeysFromGpg({ env: {}, gpgBinary: "/nonexistent/gpg" });
      await expect(open(sealed, absent)).rejects.toMatchObject({ code: "openpgp.gpg-failed" });
      const wrongFile = secretKeysFromKeyFile(readFileSync(key.secretFile), async () => "no");
      await expect(open(sealed, wrongFile)).rejects.toMatchObject({ code: "openpgp.wrong-passphrase" });
      // Together: the key file helps where gpg cannot; if none helps, what became of the file is told, else all in one line.
      expect((await open(sealed, firstOf(through(other, "x"), keyFile("rsa")))).equals(data)).toBe(true);
      await expect(open(sealed, firstOf(wrongFile, through(other, "x")))).rejects.toMatchObject({
        code: "openpgp.wrong-passphrase",
        message: expect.stringMatching(/^the passphrase does not unlock key 1507FE13BFB947B7; check PASSPHRASE[^;]*$/),
      });
      const unasked = secretKeysFromPassphrase(async () => "x");
      await expect(open(sealed, firstOf(through(other, "x"), unasked))).rejects.toMatchObject({
        code: "openpgp.no-secret-key",
        message: expect.stringMatching(/no secret key.*--secret-key; then: .*not to a passphrase/),
      });
    });

    it("signs only with what it can", async () => {
      const env = environment(home);
      await expect(signerFromGpg("nobody@x.example", { env, passphrase: "" })).rejects.toMatchObject({
        code: "openpgp.key-unusable",
      });
      await using own = await gpgHome(["sign"]);
      await expect(signerFromGpg("sign@fixture.example", { env: environment(own), passphrase: "no" })).rejects.toMatchObject({
        code: "openpgp.wrong-passphrase",
      });
      const file = readFileSync(testKey("sign").secretFile);
      const { fingerprint } = testKey("sign");
      await expect(signerFromKeyFile(file, fingerprint, "no", () => NOW)).rejects.toMatchObject({
        code: "openpgp.wrong-passphrase",
      });
      const other = testKey("rsa").fingerprint;
      await expect(signerFromKeyFile(file, other, "no", () => NOW)).rejects.toMatchObject({ code: "openpgp.key-not-found" });
    });
  });

  it("keeps keys where we find them, by every name it knows", async () => {
    const key = testKey("rsa");
    const names = [
      key.fingerprint,
      `0x${key.fingerprint.slice(24)}`,
      key.fingerprint.slice(32).toLowerCase(),
      "1507FE13BFB947B7",
      "<RSA@fixture.example>",
      "fixture RSA",
    ];
    for (const name of names) expect((await recipient(home, name)).fingerprint, name).toBe(key.fingerprint);
    await expect(recipient(home, "fixture.example")).rejects.toMatchObject({ code: "openpgp.key-ambiguous" });
    await expect(recipient(home, "nobody@fixture.example")).rejects.toMatchObject({ code: "openpgp.key-not-found" });
    await expect(recipient(home, "sign@fixture.example")).rejects.toMatchObject({ data: { reason: "cannot-encrypt" } });
  });

  it("makes keys of every kind that we encrypt to, or refuse as it would", async () => {
    await using own = await gpgHome([]);
    await gpg(own, ["--quick-generate-key", "nistp256 <n@x.example>", "nistp256", "default", "never"], Buffer.alloc(0));
    const card = [
      "%no-protection",
      "Key-Type: DSA",
      "Key-Length: 1024",
      "Subkey-Type: ELG-E",
      "Subkey-Length: 1024",
      "Name-Email: e@x.example",
      "%commit",
      "",
    ];
    await gpg(own, ["--generate-key"], Buffer.from(card.join("\n")));
    await gpg(
      own,
      ["--faked-system-time", "20200101T000000!", "--quick-generate-key", "old <o@x.example>", "future-default", "default", "1y"],
      Buffer.alloc(0),
    );
    const fingerprint = (await gpg(own, ["--with-colons", "--list-keys", "n@x.example"], Buffer.alloc(0)))
      .toString()
      .match(/^fpr:+([0-9A-F]{40})/m)![1]!;
    await gpg(own, ["--quick-add-key", fingerprint, "nistp256", "encr", "never"], Buffer.alloc(0));
    const now = new Date();
    for (const query of ["n@x.example", "e@x.example"]) {
      const to = await findRecipient(query, { gnupgHome: own.path, readFile, now });
      const sealed = await seal(data, { recipients: [to] });
      expect((await gpg(own, ["--decrypt"], sealed)).equals(data), query).toBe(true);
      expect((await open(sealed, secretKeysFromGpg({ env: environment(own), passphrase: "" }))).equals(data), query).toBe(true);
    }
    await expect(recipient(own, "o@x.example")).rejects.toMatchObject({
      data: { reason: "expired" },
      message: expect.stringContaining("2020-12-31"),
    });
    const prepared = readFileSync(join(own.path, "openpgp-revocs.d", `${fingerprint}.rev`), "utf8");
    await gpg(own, ["--import"], Buffer.from(prepared.replace(":-----BEGIN", "-----BEGIN"))); // gpg disarms it with a colon
    await expect(findRecipient("n@x.example", { gnupgHome: own.path, readFile, now })).rejects.toMatchObject({
      data: { reason: "revoked" },
    });
  });
});

describeInterop(["sq"], "sq", () => {
  it("reads what we write", async () => {
    const key = testKey("rsa");
    const recipients = [await findRecipient(key.publicFile, { gnupgHome: "/nonexistent", readFile, now: NOW })];
    const file = join(tempDir(), "message");
    writeFileSync(file, await seal(data, { recipients }));
    const dump = await run("sq", ["packet", "dump", file]);
    expect(dump.code).toBe(0);
    expect(dump.stdout.toString()).toMatch(
      /Public-Key Encrypted Session Key Packet[^]*Version: 3[^]*1507 ?FE13 ?BFB9 ?47B7[^]*Sym\. Encrypted and Integrity Protected Data Packet[^]*Version: 1/,
    );
  });

  it.each(["none", "pad", "zip", "zlib", "bzip2"])("writes what we read, compression %s", async (compression) => {
    const certificates = join(tempDir(), "two.asc");
    writeFileSync(
      certificates,
      readFileSync(testKey("rsa").publicFile, "utf8") + readFileSync(testKey("curve").publicFile, "utf8"),
    );
    for (const binary of compression === "none" ? [["--binary"], []] : [["--binary"]]) {
      const args = [
        "encrypt",
        ...binary,
        "--compression",
        compression,
        "--recipient-cert",
        testKey("rsa").publicFile,
        "--recipient-cert",
        testKey("curve").publicFile,
      ];
      const { code, stdout, stderr } = await run("sq", args, { input: small });
      expect(stderr.toString()).toBe("");
      expect(code).toBe(0);
      for (const name of ["rsa", "curve"]) expect((await open(stdout, keyFile(name))).equals(small)).toBe(true);
    }
  });
});
