/** The stages that handle finished volumes. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { payloadOf } from "@doppel/base";
import {
  authenticateMessage,
  decryptMessage,
  newSessionKey,
  readSessionKey,
  type SecretKeys,
  secretKeysFromGpg,
  SeipdEncoder,
  sessionKeyOnly,
} from "@doppel/openpgp";
import { openStorage } from "@doppel/storage";
import { chunksOf } from "./chunks.ts";
import { volumesIn } from "./volumes.ts";

const random = { bytes: (n: number): Uint8Array => randomBytes(n) };
/** About what a compressed piece has. */
const PIECE = 1 << 18;

/** As much as there is to encrypt: the bytes of volumes will do for what was not encrypted yet. */
export function encrypt(folder: string): number {
  let bytes = 0;
  for (const file of volumesIn(folder)) {
    const encoder = new SeipdEncoder(newSessionKey(random), random);
    for (const chunk of chunksOf(file, PIECE)) {
      encoder.update(chunk, () => {});
      bytes += chunk.length;
    }
    encoder.finish(() => {});
  }
  return bytes;
}

/** The SHA-1 of each volume, which the manifest holds. */
export function hash(folder: string): number {
  let bytes = 0;
  for (const file of volumesIn(folder)) {
    const digest = createHash("sha1");
    for (const chunk of chunksOf(file)) {
      digest.update(chunk);
      bytes += chunk.length;
    }
    digest.digest();
  }
  return bytes;
}

/** Into a local folder, durable. */
export async function store(folder: string, target: string): Promise<number> {
  await using storage = await openStorage(target, { cwd: "/", purpose: "write", random });
  let bytes = 0;
  for (const file of volumesIn(folder)) {
    const content = readFileSync(file);
    await storage.put(basename(file), payloadOf(content));
    bytes += content.length;
  }
  return bytes;
}

/** What must be known before anything of a volume is written: its SHA-1, and its integrity check. */
export async function check(folder: string): Promise<number> {
  const bytes = hash(folder);
  await eachVolume(folder, (sealed, keys) => authenticateMessage(sealed, keys));
  return bytes;
}

/** Decrypts and inflates. */
export async function open(folder: string): Promise<number> {
  let bytes = 0;
  await eachVolume(folder, async (sealed, keys) => {
    for await (const chunk of decryptMessage(sealed, keys)) bytes += chunk.length;
  });
  return bytes;
}

/** Asks gpg for each session key, as a restore does. */
async function eachVolume(folder: string, use: (sealed: AsyncIterable<Uint8Array>, keys: SecretKeys) => Promise<void>) {
  const keys = secretKeysFromGpg({ env: process.env as Readonly<Record<string, string>> });
  for (const file of volumesIn(folder)) {
    const session = await readSessionKey(streamOf(file), keys);
    await use(streamOf(file), sessionKeyOnly(session));
  }
}

/** Chunks in memory of their own: whoever receives them may keep them. */
async function* streamOf(file: string): AsyncGenerator<Uint8Array> {
  for (const chunk of chunksOf(file)) yield chunk.slice();
}
