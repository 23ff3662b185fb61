import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DoppelError, errnoOf } from "@doppel/base";
import { inspectKey } from "@doppel/openpgp";

/** Exported keys are a few KiB; more files than this in a folder are no folder of keys. */
const MOST_BYTES = 256 * 1024;
const MOST_FILES = 2000;

export interface SecretKeyFile {
  readonly path: string;
  readonly fingerprint: string;
}

/** Files that hold the secret half of one of these keys, in these folders and not deeper. What cannot be read is passed over. */
export async function secretKeyFiles(
  folders: readonly string[],
  fingerprints: readonly string[],
  now: Date,
): Promise<readonly SecretKeyFile[]> {
  const found: SecretKeyFile[] = [];
  for (const folder of new Set(folders)) {
    for (const name of namesIn(folder).slice(0, MOST_FILES)) {
      const path = join(folder, name);
      const bytes = contentOf(path);
      if (bytes === undefined || !looksSecret(bytes)) continue;
      const fingerprint = await secretFingerprint(bytes, now);
      if (fingerprint !== undefined && fingerprints.includes(fingerprint)) found.push({ path, fingerprint });
    }
  }
  return found;
}

/** Armored, or a packet of tag 5 in either form of header (RFC 4880 4.2). */
function looksSecret(bytes: Buffer): boolean {
  const first = bytes[0] ?? 0;
  return (first & 0xfc) === 0x94 || first === 0xc5 || bytes.includes("-----BEGIN PGP PRIVATE KEY BLOCK-----");
}

async function secretFingerprint(bytes: Uint8Array, now: Date): Promise<string | undefined> {
  try {
    const { secret, fingerprint } = await inspectKey(bytes, now);
    return secret ? fingerprint : undefined;
  } catch (error) {
    if (error instanceof DoppelError) return undefined;
    throw error;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

function contentOf(path: string): Buffer | undefined {
  try {
    const stat = statSync(path);
    return stat.isFile() && stat.size <= MOST_BYTES ? readFileSync(path) : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
