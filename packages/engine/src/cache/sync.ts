import { join } from "node:path";
import { DoppelError, isDoppelError } from "@doppel/base";
import { type BackupSet, signaturesName } from "@doppel/format";
import type { ReadContext } from "../read/context.ts";
import { fetchObject } from "../read/fetch.ts";
import { authenticate, unseal } from "../read/unseal.ts";
import { Compressor } from "../seal/compressor.ts";
import { Hasher } from "../seal/hasher.ts";
import { Sealer } from "../seal/sealer.ts";
import type { ArchiveDir } from "./archive-dir.ts";

/**
 * Makes sure that the signature archive of every set is in the archive directory, as plain gzip, and returns their paths
 * in order. What is missing is fetched and decrypted; what is there is neither fetched nor compared (spec 7.2).
 * @param into where it is put instead, when the archive directory shall stay as it is
 * @throws openpgp.* with the way out, when a missing one cannot be decrypted on this machine
 */
export async function syncSignatures(
  sets: readonly BackupSet[],
  archive: ArchiveDir,
  context: ReadContext,
  into = archive,
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const set of sets) {
    const local = signaturesName(set.id, "gzip", context.prefixes);
    const isHere = await archive.has(local);
    if (!isHere) await copySignatures(set.signatures ?? local, local, into, context);
    paths.push(join((isHere ? archive : into).path, local));
  }
  return paths;
}

async function copySignatures(remote: string, local: string, archive: ArchiveDir, context: ReadContext): Promise<void> {
  const { deps, runtime } = context;
  const options = context.unsealing(remote);
  const spool = { tempDir: deps.tempDir, memoryLimit: 16 << 20, random: runtime.random, maker: runtime.maker };
  const compressor = new Compressor(1); // level 1, of what arrives no faster
  const sealer = new Sealer({ envelope: { kind: "gzip" }, level: 1, compressor, hasher: new Hasher(1), spool });
  try {
    await using sealed = await fetchObject(remote, context);
    await authenticate(sealed, options);
    const writer = sealer.openLocalSignatures(1 << 20);
    try {
      for await (const chunk of unseal(sealed, options)) await writer.write(chunk);
    } catch (error) {
      await writer.discard();
      throw error;
    }
    await using plain = await writer.finish();
    await archive.write(local, plain.body.open(), runtime.random);
    runtime.emit({ type: "metadata.copied", name: remote });
  } catch (error) {
    throw withWayOut(error, remote, archive);
  }
}

/** A machine that has only the public key cannot get back what its archive directory lost, and nobody what is damaged. */
function withWayOut(error: unknown, remote: string, archive: ArchiveDir): unknown {
  if (isDoppelError(error, "volume.damaged")) {
    const { reason } = error.data;
    const message = `${remote} is damaged (${reason}), so nothing can be compared with it: make a full backup (doppel full), which needs nothing of it, or put a sound copy of it back`;
    return new DoppelError("volume.damaged", message, { name: remote, reason }, error);
  }
  if (!isDoppelError(error, "openpgp.no-secret-key") && !isDoppelError(error, "openpgp.passphrase-needed")) return error;
  const message =
    `${remote} is not in the archive directory ${archive.path} and cannot be decrypted here, so nothing can be compared with it: ` +
    "make a full backup (`full` needs no key), bring the archive directory back, or run once where the secret key is";
  return new DoppelError(error.code, message, error.data as never, error);
}
