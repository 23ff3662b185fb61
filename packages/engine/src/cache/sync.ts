import { join } from "node:path";
import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import { type BackupSet, type NamePrefixes, signaturesName } from "@doppel/format";
import type { ReadDeps } from "../job.ts";
import { encodingOf, fetchObject } from "../read/fetch.ts";
import { authenticate, unseal, type UnsealOptions } from "../read/unseal.ts";
import { Permits } from "../seal/permits.ts";
import { Sealer } from "../seal/sealer.ts";
import type { ArchiveDir } from "./archive-dir.ts";

/**
 * Makes sure that the signature archive of every set is in the archive directory, as plain gzip, and returns their paths
 * in order. What is missing is fetched and decrypted; what is there is neither fetched nor compared (spec 7.2).
 * @throws openpgp.* with the way out, when a missing one cannot be decrypted on this machine
 */
export async function syncSignatures(
  sets: readonly BackupSet[],
  archive: ArchiveDir,
  deps: ReadDeps,
  prefixes: NamePrefixes,
  runtime: Runtime,
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const set of sets) {
    const local = signaturesName(set.id, "gzip", prefixes);
    if (!(await archive.has(local))) await copySignatures(set.signatures ?? local, local, archive, deps, runtime);
    paths.push(join(archive.path, local));
  }
  return paths;
}

async function copySignatures(remote: string, local: string, archive: ArchiveDir, deps: ReadDeps, runtime: Runtime): Promise<void> {
  runtime.emit({ type: "metadata.copied", name: remote });
  const options: UnsealOptions = {
    name: remote,
    encoding: encodingOf(remote),
    ...(deps.keys ? { keys: deps.keys } : {}),
    signal: runtime.signal,
    onWarning: (detail) => runtime.emit({ type: "debug", detail: `${remote}: ${detail}` }),
  };
  const spool = { tempDir: deps.tempDir, memoryLimit: 16 << 20, random: runtime.random };
  const sealer = new Sealer({ envelope: { kind: "gzip" }, level: 1, permits: new Permits(4), spool });
  try {
    await using sealed = await fetchObject(remote, deps, runtime);
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
  } catch (error) {
    throw withWayOut(error, remote, archive);
  }
}

/** A machine that has only the public key cannot get back what its archive directory lost. */
function withWayOut(error: unknown, remote: string, archive: ArchiveDir): unknown {
  if (!isDoppelError(error, "openpgp.no-secret-key") && !isDoppelError(error, "openpgp.passphrase-needed")) return error;
  const message =
    `${remote} is not in the archive directory ${archive.path} and cannot be decrypted here, so nothing can be compared with it: ` +
    "make a full backup (`full` needs no key), bring the archive directory back, or run once where the secret key is";
  return new DoppelError(error.code, message, error.data as never, error);
}
