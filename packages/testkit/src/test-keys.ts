import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One of the keys in fixtures/keys. They are public knowledge and protect nothing. */
export interface TestKey {
  readonly name: string;
  /** 40 hexadecimal digits, upper case. */
  readonly fingerprint: string;
  readonly passphrase: string;
  /** Absolute paths of the armored files. */
  readonly publicFile: string;
  readonly secretFile: string;
}

/** @throws Error when there is none of that name. */
export function testKey(name: string): TestKey {
  const folder = fileURLToPath(new URL("../../../fixtures/keys/", import.meta.url));
  const record = JSON.parse(readFileSync(`${folder}keys.json`, "utf8"))[name];
  if (record === undefined) throw new Error(`no test key called ${name} in fixtures/keys/keys.json`);
  return {
    name,
    fingerprint: record.fingerprint,
    passphrase: record.passphrase,
    publicFile: `${folder}${name}.public.asc`,
    secretFile: `${folder}${name}.secret.asc`,
  };
}
