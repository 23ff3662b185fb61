import { createHash } from "node:crypto";
import { join } from "node:path";
import { DoppelError, isDoppelError, type Payload } from "@doppel/base";
import { type BackupSet, signaturesName } from "@doppel/format";
import type { ReadContext } from "../read/context.ts";
import { fetchObject } from "../read/fetch.ts";
import { authenticate, unseal } from "../read/unseal.ts";
import { Compressor } from "../seal/compressor.ts";
import { Hasher } from "../seal/hasher.ts";
import { Sealer } from "../seal/sealer.ts";
import { readReceipt } from "../receipt/read-receipt.ts";
import type { ArchiveDir } from "./archive-dir.ts";
import { Copies } from "./copies.ts";

/**
 * Makes sure that the signature archive of every set is in the archive directory, as plain gzip, and returns their paths
 * in order. What is missing is fetched and decrypted (spec 7.2), and so is a copy of ours that is not what it was any more (`Copies`).
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
  const copies = new Copies(archive, context.runtime.random);
  for (const set of sets) {
    const local = signaturesName(set.id, "gzip", context.prefixes);
    const state = (await archive.has(local)) ? await copies.state(local) : "missing";
    const isHere = state === "sound" || state === "unknown";
    if (state === "changed") {
      const detail = `${join(archive.path, local)} is not what was written there: damaged, or exchanged with another; it is fetched from the target again`;
      context.runtime.emit({ type: "notice", reason: "archive-dir", incomplete: false, detail });
    }
    if (!isHere) await copySignatures(set, local, into, context, state);
    paths.push(join((isHere ? archive : into).path, local));
  }
  return paths;
}

async function copySignatures(
  set: BackupSet,
  local: string,
  archive: ArchiveDir,
  context: ReadContext,
  state: "missing" | "changed",
): Promise<void> {
  const { deps, runtime } = context;
  const remote = set.signatures ?? local;
  const options = context.unsealing(remote);
  const spool = { tempDir: deps.tempDir, memoryLimit: 16 << 20, random: runtime.random, maker: runtime.maker };
  const compressor = new Compressor(1); // level 1, of what arrives no faster
  const sealer = new Sealer({ envelope: { kind: "gzip" }, level: 1, compressor, hasher: new Hasher(1), spool });
  try {
    await using sealed = await fetchObject(remote, context);
    await authenticate(sealed, options);
    await checkAgainstReceipt(set, remote, sealed, context);
    const writer = sealer.openLocalSignatures(1 << 20);
    try {
      for await (const chunk of unseal(sealed, options)) await writer.write(chunk);
    } catch (error) {
      await writer.discard();
      throw error;
    }
    await using plain = await writer.finish();
    await new Copies(archive, runtime.random).write(local, plain.body.open());
    runtime.emit({ type: "metadata.copied", name: remote });
  } catch (error) {
    throw withWayOut(error, remote, archive, state);
  }
}

/**
 * Signatures of another set, under this one's name, open as well as its own, and so do plain ones with another byte. Where the set has a receipt, it says
 * which they are. @throws volume.damaged
 */
async function checkAgainstReceipt(set: BackupSet, remote: string, sealed: Payload, context: ReadContext): Promise<void> {
  if (set.receipt === undefined) return;
  const { receipt } = await readReceipt(context.deps.storage, set.receipt, context.runtime.signal);
  const expected = receipt?.objects.find(({ name }) => name === remote)?.sha256;
  if (expected === undefined) return;
  const hash = createHash("sha256");
  for await (const chunk of sealed.open(context.runtime.signal)) hash.update(chunk);
  if (hash.digest("hex") === expected) return;
  const reason = `its SHA-256 is not the one in ${set.receipt}`;
  throw new DoppelError("volume.damaged", `${remote}: ${reason}`, { name: remote, reason });
}

/** A machine that has only the public key cannot get back what its archive directory lost, and nobody what is damaged. */
function withWayOut(error: unknown, remote: string, archive: ArchiveDir, state: "missing" | "changed"): unknown {
  if (isDoppelError(error, "volume.damaged")) {
    const { reason } = error.data;
    const message = `${remote} is damaged (${reason}), so nothing can be compared with it: make a full backup (doppel full), which needs nothing of it, or put a sound copy of it back`;
    return new DoppelError("volume.damaged", message, { name: remote, reason }, error);
  }
  if (!isDoppelError(error, "openpgp.no-secret-key") && !isDoppelError(error, "openpgp.passphrase-needed")) return error;
  const what =
    state === "missing"
      ? `${remote} is not in the archive directory ${archive.path} and cannot be decrypted here`
      : `the copy of ${remote} in the archive directory ${archive.path} is not what was written there, and the object itself cannot be decrypted here`;
  const message =
    `${what}, so nothing can be compared with it: ` +
    "make a full backup (`full` needs no key), bring the archive directory back, or run once where the secret key is";
  return new DoppelError(error.code, message, error.data as never, error);
}
