import {
  type Recipient,
  recipientFromKey as recipientFromFile,
  type SecretKeys,
  secretKeysFromKeyFile,
  secretKeysFromPassphrase,
} from "@doppel/openpgp";
import { badArgument, kindOf } from "./paths.ts";
import { SYSTEM } from "./runtime.ts";

/**
 * A public key that backups are encrypted to. @param key one OpenPGP public key, armored or binary
 * @param options `hidden`: its key id is kept out of messages
 * @throws openpgp.key-unusable (expired, revoked, cannot encrypt), openpgp.key-ambiguous (several keys), openpgp.key-not-found, api.bad-argument
 */
export async function recipientFromKey(
  key: string | Uint8Array,
  options: { readonly hidden?: boolean } = {},
): Promise<Recipient> {
  const name = "the key that was given";
  return recipientFromFile(keyBytes(key), { now: SYSTEM.clock.now(), hidden: options.hidden ?? false, name });
}

/**
 * What reads backups that were encrypted to a key. Nothing is opened before it is needed. One serves one target, and is closed with it.
 * @param key OpenPGP secret keys, armored or binary @param passphrase of a key that has one: the text, or who is asked for it, once
 * @throws (when used) openpgp.no-secret-key, openpgp.wrong-passphrase, openpgp.passphrase-needed; api.bad-argument
 */
export function keysFromSecretKey(key: string | Uint8Array, passphrase?: Passphrase): SecretKeys {
  return secretKeysFromKeyFile(keyBytes(key), askFor(passphrase));
}

/** What reads backups that were encrypted with a passphrase. Otherwise as {@link keysFromSecretKey}. */
export function keysFromPassphrase(passphrase: Passphrase): SecretKeys {
  if (passphrase === undefined) throw badArgument("passphrase", "a string, or a function that gives one");
  return secretKeysFromPassphrase(askFor(passphrase));
}

/** The text, or who gives it when it is needed; undefined: nobody knows it. */
export type Passphrase = string | (() => string | undefined | Promise<string | undefined>);

function askFor(passphrase: Passphrase | undefined): () => Promise<string | undefined> {
  const given: unknown = passphrase;
  if (given !== undefined && typeof given !== "string" && typeof given !== "function") {
    throw badArgument("passphrase", `a string, or a function that gives one, not ${kindOf(given)}`);
  }
  return async () => (typeof passphrase === "function" ? passphrase() : passphrase);
}

function keyBytes(key: unknown): Uint8Array {
  if (typeof key === "string") return Buffer.from(key, "utf8");
  if (key instanceof Uint8Array) return key;
  throw badArgument("key", `an OpenPGP key as text or bytes, not ${kindOf(key)}`);
}
