import { type BytePath, displayPath } from "@doppel/base";
import { buildCollection, chainAt, type NamePrefixes } from "@doppel/format";
import { checkKeyPassphrase, describeMessage, readSessionKey, secretKeysFromPassphrase } from "@doppel/openpgp";
import type { Storage } from "@doppel/storage";
import { readSecretKeyFile } from "../key-files.ts";

/** What a passphrase would be for. */
export type Lock =
  /** It opens what is stored, or the key file. `open`: whether it takes a passphrase at all; throws openpgp.wrong-passphrase. */
  | { readonly kind: "passphrase"; readonly what: string; readonly open: (passphrase: string) => Promise<boolean> }
  /** A secret key that is no file: gpg has it, or a card. */
  | { readonly kind: "gpg"; readonly keys: readonly string[] }
  | { readonly kind: "none"; readonly why: string };

/** What a key file is locked with. @throws openpgp.key-unusable */
export function lockOfKeyFile(file: BytePath): Lock {
  const bytes = readSecretKeyFile(file);
  const what = `the key in ${displayPath(file)}`;
  return { kind: "passphrase", what, open: (passphrase) => checkKeyPassphrase(bytes, passphrase, displayPath(file)) };
}

/** Key packets of one message: hundreds of recipients. */
const HEAD = 64 * 1024;

/** What the newest backup at a target is locked with. Only the beginning of one manifest is read. @throws storage.* */
export async function lockOfTarget(storage: Storage, prefixes: NamePrefixes, now: Date, signal: AbortSignal): Promise<Lock> {
  const names: string[] = [];
  for await (const { name } of storage.list(prefixes.all, signal)) names.push(name);
  const manifest = chainAt(buildCollection(names, prefixes), now)?.sets.at(-1)?.manifest;
  if (manifest === undefined) return { kind: "none", why: "there is no backup yet that it could open" };
  if (!manifest.endsWith(".gpg")) return { kind: "none", why: "its backups are not encrypted" };
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.get(manifest, { start: 0, end: HEAD }, signal)) chunks.push(chunk);
  const head = Buffer.concat(chunks);
  const { recipients, symmetric } = await describeMessage(head);
  if (!symmetric) return { kind: "gpg", keys: recipients };
  const open = async (passphrase: string): Promise<boolean> => {
    const keys = secretKeysFromPassphrase(async () => passphrase);
    try {
      await readSessionKey(once(head), keys, signal);
      return true;
    } finally {
      await keys.close();
    }
  };
  return { kind: "passphrase", what: storage.label, open };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
