import { readFileSync } from "node:fs";
import { testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { readSecretKeys } from "./key-file.ts";

it("reads the keys of all armored blocks of a file", async () => {
  const names = ["rsa", "second"] as const;
  const file = Buffer.concat(names.map((name) => readFileSync(testKey(name).secretFile)));
  const keys = await readSecretKeys(file);
  expect(keys.map((key) => key.getFingerprint().toUpperCase())).toEqual(names.map((name) => testKey(name).fingerprint));
});

it("says which file holds no secret key", async () => {
  const file = readFileSync(testKey("rsa").publicFile);
  await expect(readSecretKeys(file, "backup.pub")).rejects.toMatchObject({
    code: "openpgp.key-unusable",
    message: "the --secret-key file backup.pub holds no secret OpenPGP key; export one with gpg --export-secret-keys KEY > FILE",
  });
});
