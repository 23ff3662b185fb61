import { readFileSync } from "node:fs";
import { isDoppelError, type KeyProblem } from "@doppel/base";
import { testKey } from "@doppel/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { openpgp } from "../openpgpjs.ts";
import { failureOf } from "../test-messages.ts";
import { findRecipient, type Recipient, recipientFromKey } from "./find.ts";
import { parseQuery } from "./match.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const DAY = 86_400_000;

/** A home and key files that are only in memory. */
function finder(files: Readonly<Record<string, Uint8Array | string>>): (query: string, hidden?: boolean) => Promise<Recipient> {
  const readFile = (path: string): Uint8Array | undefined => {
    const file = files[path];
    return typeof file === "string" ? Buffer.from(file) : file;
  };
  return (query, hidden = false) => findRecipient(query, { gnupgHome: "/home/x/.gnupg", readFile, now: NOW, hidden });
}

async function problemOf(promise: Promise<unknown>): Promise<{ reason: KeyProblem; message: string }> {
  const error = await failureOf(promise);
  if (!isDoppelError(error, "openpgp.key-unusable")) throw error;
  expect(error.message).not.toContain("\n");
  return { reason: error.data.reason, message: error.message };
}

describe("a key in a file", () => {
  const rsa = testKey("rsa");
  const armored = readFileSync(rsa.publicFile);

  it("is taken with its encryption subkey, armored or binary", async () => {
    const { readKey } = await openpgp();
    const binary = (await readKey({ armoredKey: armored.toString() })).write();
    const find = finder({ "k.asc": armored, "/abs/k.gpg": binary });
    for (const query of ["k.asc", "/abs/k.gpg"]) {
      const recipient = await find(query, true);
      expect(recipient).toMatchObject({ fingerprint: rsa.fingerprint, keyId: "1507FE13BFB947B7", hidden: true, warnings: [] });
      expect(recipient.userId).toContain("rsa@fixture.example");
    }
  });

  it("that is secret is used by its public part, with a warning", async () => {
    const recipient = await finder({ "k.asc": readFileSync(rsa.secretFile) })("k.asc");
    expect(recipient.fingerprint).toBe(rsa.fingerprint);
    expect(recipient.warnings).toEqual([expect.stringContaining("SECRET key")]);
  });

  it("is taken as it is from a program that has its content", async () => {
    const recipient = await recipientFromKey(armored, { now: NOW });
    expect(recipient).toMatchObject({ fingerprint: rsa.fingerprint, keyId: "1507FE13BFB947B7", hidden: false, warnings: [] });
    expect(await recipientFromKey(armored, { now: NOW, hidden: true })).toEqual({ ...recipient, hidden: true });
    const nothing = await problemOf(recipientFromKey(Buffer.from("hello\n"), { now: NOW, name: "a.txt" }));
    expect([nothing.reason, nothing.message]).toEqual(["not-a-key", expect.stringContaining('"a.txt"')]);
    const past = await problemOf(recipientFromKey(armored, { now: new Date("1990-01-01T00:00:00Z") }));
    expect(past.message).toContain(rsa.fingerprint);
    const two = Buffer.concat([armored, readFileSync(testKey("second").publicFile)]);
    expect(await failureOf(recipientFromKey(two, { now: NOW }))).toMatchObject({ code: "openpgp.key-ambiguous" });
  });

  it("that is none, or several, is refused", async () => {
    const second = readFileSync(testKey("second").publicFile, "utf8");
    const { unarmor } = await openpgp();
    const both = await Promise.all(
      [armored.toString(), second].map(async (text) => (await unarmor(text)).data as unknown as Uint8Array),
    );
    const find = finder({ "a.txt": "hello\n", "cut.asc": armored.subarray(0, 300), "two.gpg": Buffer.concat(both), empty: "" });
    for (const query of ["a.txt", "cut.asc", "empty"]) expect((await problemOf(find(query))).reason).toBe("not-a-key");
    const blocks = { "blocks.asc": `A note.\n\n${armored.toString()}\nAnother.\n\n${second}` };
    for (const [query, each] of [["two.gpg", find] as const, ["blocks.asc", finder(blocks)] as const]) {
      const error = await failureOf(each(query));
      expect(error).toMatchObject({ code: "openpgp.key-ambiguous" });
      const both = `${rsa.fingerprint}, ${testKey("second").fingerprint}`;
      const message = `the file "${query}" holds several keys: ${both}; export each to a file of its own: gpg --export FINGERPRINT > FILE`;
      expect((error as Error).message).toBe(message);
    }
    await expect(find("./absent.asc")).rejects.toMatchObject({
      code: "openpgp.key-not-found",
      message: expect.stringContaining("no key file"),
    });
  });

  it("that holds a key twice, as a public and as a secret one, holds one key", async () => {
    const file = Buffer.concat([armored, readFileSync(rsa.secretFile)]);
    expect(await finder({ k: file })("k")).toMatchObject({
      fingerprint: rsa.fingerprint,
      warnings: [expect.stringContaining("SECRET key")],
    });
    expect(await finder({ k: Buffer.concat([armored, armored]) })("k")).toMatchObject({ fingerprint: rsa.fingerprint });
  });

  it("that is damaged in any of its blocks is refused", async () => {
    const cut = Buffer.concat([armored, armored.subarray(0, 300)]);
    expect((await problemOf(finder({ k: cut })("k"))).reason).toBe("not-a-key");
  });

  it("that only signs is refused", async () => {
    const { reason, message } = await problemOf(finder({ "s.asc": readFileSync(testKey("sign").publicFile) })("s.asc"));
    expect(reason).toBe("cannot-encrypt");
    expect(message).toContain(testKey("sign").fingerprint);
  });
});

describe("keys that must not be used", () => {
  type Made = { publicKey: string; privateKey: string; revocationCertificate: string };
  const make = async (options: object): Promise<Made> => {
    const { generateKey } = await openpgp();
    const defaults = {
      userIDs: { name: "Made", email: "made@x.example" },
      type: "ecc",
      curve: "curve25519Legacy",
      date: new Date(NOW.getTime() - 100 * DAY),
    };
    return generateKey({ ...defaults, ...options } as Parameters<typeof generateKey>[0] & { format: "armored" });
  };
  let good: Made;
  beforeAll(async () => {
    good = await make({});
  });

  it("expired, with the date", async () => {
    const { publicKey } = await make({ keyExpirationTime: (50 * DAY) / 1000 });
    const { reason, message } = await problemOf(finder({ k: publicKey })("k"));
    expect(reason).toBe("expired");
    expect(message).toContain("2026-01-10");
  });

  it("expired subkey", async () => {
    const { publicKey } = await make({ subkeys: [{ keyExpirationTime: (50 * DAY) / 1000 }] });
    const { reason, message } = await problemOf(finder({ k: publicKey })("k"));
    expect(reason).toBe("expired");
    expect(message).toContain("2026-01-10");
  });

  it("soon to expire: used, with a warning", async () => {
    const { publicKey } = await make({ keyExpirationTime: (110 * DAY) / 1000 });
    expect((await finder({ k: publicKey })("k")).warnings).toEqual([expect.stringContaining("expires on 2026-03-11")]);
  });

  it("revoked, whole or its subkey", async () => {
    const { readKey, readPrivateKey, revokeKey } = await openpgp();
    const date = new Date(NOW.getTime() - 10 * DAY);
    const whole = await revokeKey({
      key: await readKey({ armoredKey: good.publicKey }),
      revocationCertificate: good.revocationCertificate,
      date,
    });
    expect((await problemOf(finder({ k: whole.publicKey! })("k"))).reason).toBe("revoked");
    const key = await readPrivateKey({ armoredKey: good.privateKey });
    key.subkeys[0] = await key.subkeys[0]!.revoke(
      key.keyPacket as Parameters<(typeof key.subkeys)[0]["revoke"]>[0],
      undefined,
      date,
    );
    const { reason, message } = await problemOf(finder({ k: key.toPublic().armor() })("k"));
    expect(reason).toBe("revoked");
    expect(message).toContain("subkey");
  });

  it("version 6, and X25519 in its new form", async () => {
    const six = await make({ type: "curve25519", curve: undefined, config: { v6Keys: true } });
    const four = await make({ type: "curve25519", curve: undefined });
    for (const { publicKey } of [six, four]) {
      const { reason, message } = await problemOf(finder({ k: publicKey })("k"));
      expect(reason).toBe("version");
      expect(message).toContain("gpg 2.2");
    }
  });

  it("damaged", async () => {
    const { readKey } = await openpgp();
    const bytes = (await readKey({ armoredKey: good.publicKey })).write();
    bytes[bytes.length - 10]! ^= 1; // in the binding signature of the subkey
    expect((await problemOf(finder({ k: bytes })("k"))).reason).toBe("invalid");
  });

  it("the newest subkey that is valid is chosen", async () => {
    const date = (days: number): Date => new Date(NOW.getTime() - days * DAY);
    const { publicKey } = await make({
      subkeys: [{ date: date(90) }, { date: date(50) }, { date: date(60), keyExpirationTime: (10 * DAY) / 1000 }],
    });
    const { readKey } = await openpgp();
    const key = await readKey({ armoredKey: publicKey });
    const ids = key.subkeys.map((subkey) => subkey.getKeyID().toHex().toUpperCase());
    expect((await finder({ k: publicKey })("k")).keyId).toBe(ids[1]);
    const ring = finder({ "/home/x/.gnupg/pubring.gpg": key.write() });
    expect((await ring(ids[0]!)).keyId).toBe(ids[1]);
    expect((await ring(`0x${ids[0]}!`)).keyId).toBe(ids[0]);
    expect((await problemOf(ring(`${ids[2]}!`))).reason).toBe("expired");
    expect((await problemOf(ring(`${key.getFingerprint()}!`))).reason).toBe("cannot-encrypt");
  });
});

describe("a damaged keyring", () => {
  const kbx = "/home/x/.gnupg/pubring.kbx";
  /** A keybox of the given keys, as gpg lays it out (kbx/keybox-blob.c): the header entry, then one entry a key. */
  const keybox = (...keys: Uint8Array[]): Buffer => {
    const header = Buffer.alloc(32);
    header.writeUInt32BE(32);
    header.set([1, 1, 0, 2], 4);
    header.write("KBXf", 8);
    const entries = keys.map((key) => {
      const head = Buffer.alloc(16);
      head.writeUInt32BE(16 + key.length);
      head[4] = 2;
      head.writeUInt32BE(16, 8);
      head.writeUInt32BE(key.length, 12);
      return Buffer.concat([head, key]);
    });
    return Buffer.concat([header, ...entries]);
  };
  const binary = async (name: string): Promise<Uint8Array> =>
    (await (await openpgp()).readKey({ armoredKey: readFileSync(testKey(name).publicFile, "utf8") })).write();

  it("is named when the key is not found in it", async () => {
    const rsa = await binary("rsa");
    const whole = keybox(rsa, Buffer.from("no packets"));
    const broken = Buffer.from(whole);
    broken.writeUInt32BE(0xffff, 32 + 12); // the key's length in the first entry
    for (const ring of [
      Buffer.from("this is no keybox\n".repeat(9)),
      whole,
      whole.subarray(0, 300),
      broken,
      keybox(rsa).subarray(0, 40),
    ]) {
      await expect(finder({ [kbx]: ring })("a@b.example")).rejects.toMatchObject({
        code: "openpgp.key-not-found",
        message: expect.stringMatching(/keyring \/home\/x\/\.gnupg\/pubring\.kbx is damaged/),
      });
    }
    await expect(finder({ "/home/x/.gnupg/pubring.gpg": rsa.subarray(0, 200) })("a@b.example")).rejects.toMatchObject({
      message: expect.stringMatching(/pubring\.gpg is damaged/),
    });
  });

  it("does not hide the keys that are whole", async () => {
    const ring = keybox(Buffer.from("no packets"), await binary("rsa"));
    expect((await finder({ [kbx]: ring })("rsa@fixture.example")).fingerprint).toBe(testKey("rsa").fingerprint);
  });

  it("is not one that is empty, or whole without the key", async () => {
    for (const ring of [Buffer.alloc(0), keybox(), keybox(await binary("rsa"))])
      await expect(finder({ [kbx]: ring })("a@b.example")).rejects.toMatchObject({
        message: expect.stringMatching(/no public key "a@b\.example" in/),
      });
  });
});

it("what a user id holds never drives a terminal", async () => {
  const { generateKey } = await openpgp();
  const { publicKey } = await generateKey({
    userIDs: { name: "\u001b]0;owned\u0007\nroot: fine" },
    curve: "curve25519Legacy",
    type: "ecc",
    date: new Date(NOW.getTime() - 100 * DAY),
    keyExpirationTime: (50 * DAY) / 1000,
  });
  const { message } = await problemOf(finder({ k: publicKey })("k"));
  expect(message).toContain("\\x1b]0;owned\\x07\\x0aroot: fine");
  const { generateKey: _, readKey } = await openpgp();
  const later = (await readKey({ armoredKey: publicKey })).getCreationTime();
  const found = await findRecipient("k", {
    gnupgHome: "/home/x/.gnupg",
    readFile: () => Buffer.from(publicKey),
    now: new Date(later.getTime() + 40 * DAY),
  });
  expect(found.warnings.join()).toContain("\\x1b]0;owned");
  expect(found.userId).toContain("\u001b"); // the value is as it is; who shows it escapes it
});

describe("queries", () => {
  it("are understood as gpg does", () => {
    expect(parseQuery("0xbfb947b7")).toEqual({ kind: "id", hex: "BFB947B7", exact: false });
    expect(parseQuery("1507FE13BFB947B7!")).toEqual({ kind: "id", hex: "1507FE13BFB947B7", exact: true });
    expect(parseQuery("3746 225D 4F5B F8C5 58AA  8580 BB58 AFC3 D607 D134")).toMatchObject({
      kind: "id",
      hex: testKey("rsa").fingerprint,
    });
    expect(parseQuery("<A@b.example>")).toEqual({ kind: "mail", mail: "a@b.example" });
    expect(parseQuery("=Exact <a@b>")).toEqual({ kind: "user-id", text: "Exact <a@b>" });
    expect(parseQuery("Some One")).toEqual({ kind: "part", text: "some one" });
  });

  it("tell of keyboxd when the keys are in its database", async () => {
    const find = finder({ "/home/x/.gnupg/public-keys.d/pubring.db": "SQLite" });
    await expect(find("a@b.example")).rejects.toMatchObject({
      code: "openpgp.key-not-found",
      message: expect.stringContaining("gpg --export"),
    });
    await expect(finder({})("a@b.example")).rejects.toMatchObject({ code: "openpgp.key-not-found" });
  });
});
