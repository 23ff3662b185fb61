import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { generateKey, inspectKey } from "../index.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const bad = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../../fixtures/bad-keys/${name}.asc`, import.meta.url)));

it.each(["rsa", "curve"])("gpg's own key %s is a good one", async (name) => {
  const key = testKey(name);
  const facts = await inspectKey(readFileSync(key.publicFile), NOW);
  expect(facts).toMatchObject({ fingerprint: key.fingerprint, version: 4, secret: false, weaknesses: [] });
  expect(facts.encryption).toHaveLength(1);
  expect((await inspectKey(readFileSync(key.secretFile), NOW)).secret).toBe(true);
});

it("further keys of a file are named, once each", async () => {
  const [rsa, curve] = [testKey("rsa"), testKey("curve")];
  const [first, second] = [readFileSync(rsa.publicFile), readFileSync(curve.publicFile)];
  const facts = await inspectKey(Buffer.concat([first, second, first, second]), NOW);
  expect(facts).toMatchObject({ fingerprint: rsa.fingerprint, others: [curve.fingerprint] });
  expect((await inspectKey(first, NOW)).others).toEqual([]);
});

it("what has expired or was revoked says so", async () => {
  const subkey = await inspectKey(bad("expired-subkey"), NOW);
  expect(subkey.primary).toMatchObject({ expired: false });
  expect(subkey.encryption).toEqual([expect.objectContaining({ expired: true, expires: new Date("2024-01-31T00:00:00Z") })]);
  expect((await inspectKey(bad("expired-subkey"), new Date("2024-01-15T00:00:00Z"))).encryption[0]).toMatchObject({
    expired: false,
  });
  expect((await inspectKey(bad("expired"), NOW)).primary).toMatchObject({ expired: true });
  expect((await inspectKey(bad("revoked"), NOW)).primary).toMatchObject({ revoked: true });
  expect(await inspectKey(bad("v6"), NOW)).toMatchObject({ version: 6, fingerprint: expect.stringMatching(/^[0-9A-F]{64}$/) });
});

it("what is no key is refused", async () => {
  await expect(
    inspectKey(Buffer.from("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"), NOW),
  ).rejects.toMatchObject({ name: "DoppelError" });
  await expect(inspectKey(new Uint8Array(0), NOW)).rejects.toMatchObject({ code: "openpgp.key-unusable" });
});

it("no secret key is made without a passphrase", async () => {
  await expect(generateKey({ kind: "curve25519", userId: "x", passphrase: "", now: NOW })).rejects.toThrow(/passphrase/);
});
