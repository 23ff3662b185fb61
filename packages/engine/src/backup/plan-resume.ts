import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { DoppelError, errnoOf, isDoppelError } from "@doppel/base";
import { type BackupSet, formatTime, type SetId } from "@doppel/format";
import type { ArchiveDir } from "../cache/archive-dir.ts";
import { JOURNAL_SIGNATURES, type JournalVolume, type StoredSignatures } from "../cache/journal.ts";
import type { BackupJob, Envelope } from "../job.ts";
import type { ReadContext } from "../read/context.ts";
import { encodingOf } from "../read/fetch.ts";
import { readTarget } from "../read/target.ts";
import { Refused } from "../source/cut-file.ts";
import type { SourceResume } from "../workers/protocol.ts";
import { checkPassphrase, keysOfMessage } from "./check-passphrase.ts";
import { isSameSource } from "./choose.ts";
import type { Remains } from "./remains.ts";
import { sameJob } from "./same-job.ts";

/** How an interrupted run is gone on with. */
export interface ResumePlan {
  readonly set: SetId;
  /** The sets that an increment builds upon; empty for a full set. */
  readonly base: readonly BackupSet[];
  /** Its first volumes, which the target has. */
  readonly kept: readonly [JournalVolume, ...JournalVolume[]];
  /** Volumes that it sealed and the target lacks. */
  readonly lost: number;
  /** It has stored them. */
  readonly signatures?: StoredSignatures;
  readonly source: SourceResume;
}

const STOCK_PIECE = 65_536;

/**
 * Whether and where an interrupted run can be gone on with, so that nothing at the target has to be replaced or removed: its
 * volumes are there from the first to one that the archive directory knows, with nothing behind. Undefined when there is
 * nothing to go on with, and nothing in the way.
 * @throws Refused: only a new set is safe; resume.mismatch, openpgp.wrong-passphrase; storage.*
 */
export async function planResume(
  remains: Remains,
  job: BackupJob,
  envelope: Envelope,
  archive: ArchiveDir,
  context: ReadContext,
): Promise<ResumePlan | undefined> {
  const { storage } = context.deps;
  const { set } = remains;
  const target = await readTarget(storage, job.prefixes, context.runtime.signal);
  const { chains, incomplete } = target.collection;
  const found = incomplete.find(({ id }) => isSame(id, set));
  if (!found) return undefined; // nothing was stored, or all of it
  if (chains.some(({ end }) => end >= set.end)) throw new Refused("there is a newer backup");
  if (job.resume === "not-less" && job.kind === "full" && set.kind === "inc") throw new Refused("it was an increment");
  const base = baseOf(set, chains);
  const first = found.volumes.get(1);
  if (first === undefined) throw new Refused("its first volume is missing");
  await checkSealing(first, remains, envelope, context);
  if (remains.origin === "ours" ? remains.journal.head.job !== sameJob(job, envelope) : !isSameSource(job, remains.manifest)) {
    throw new Refused("it was of another source, or made with other options");
  }

  const sizeOf = (number: number): number => target.sizes.get(found.volumes.get(number) ?? "") ?? 0;
  // Stock's manifest does not tell sizes.
  const sealed: readonly JournalVolume[] =
    remains.origin === "ours"
      ? remains.journal.volumes
      : remains.manifest.volumes.map((volume) => ({ ...volume, size: sizeOf(volume.number) }));
  const inSize = sealed.slice(0, countKept(sealed, found, sizeOf));
  const kept = remains.origin === "ours" ? await ownOnes(inSize, remains.journal.stored, found, context) : inSize;
  const last = kept.at(-1);
  if (!last) throw new Refused("its first volume is not the one that was made");
  if (found.volumes.size > kept.length)
    throw new Refused("it has volumes that do not follow upon each other, or that nothing is known of");
  const complete = found.signatures !== undefined;
  if (complete && !isComplete(remains, kept.length, target.sizes.get(found.signatures))) {
    throw new Refused("signatures are stored of which nothing is known");
  }
  if (remains.origin === "stock") await checkHash(found.volumes.get(last.number)!, last, context);
  return {
    set,
    base,
    kept: [kept[0]!, ...kept.slice(1)],
    lost: sealed.length - kept.length,
    ...(complete && remains.origin === "ours" && { signatures: remains.journal.complete! }),
    source: {
      after: last.end.path,
      complete,
      begun: Math.floor(set.end.getTime() / 1000),
      ...(remains.origin === "ours" ? await ourSource(last, archive) : stockSource(last, remains, archive)),
    },
  };
}

/** Whether all volumes are there, and the signatures that were made of them: only the manifest is missing. */
function isComplete(remains: Remains, volumes: number, signatureBytes: number | undefined): boolean {
  if (remains.origin !== "ours") return false;
  const { journal } = remains;
  return journal.complete?.size === signatureBytes && journal.volumes.length === volumes;
}

function isSame(a: SetId, b: SetId): boolean {
  return a.kind === b.kind && a.start.getTime() === b.start.getTime() && a.end.getTime() === b.end.getTime();
}

function baseOf(
  set: SetId,
  chains: readonly {
    readonly end: Date;
    readonly hasSignatures: boolean;
    readonly full: BackupSet;
    readonly incrementals: readonly BackupSet[];
  }[],
): readonly BackupSet[] {
  if (set.kind === "full") return [];
  const chain = chains.at(-1);
  if (chain?.end.getTime() !== set.start.getTime() || !chain.hasSignatures) {
    throw new Refused(`the backup of ${formatTime(set.start)} that it continues is not there any more`);
  }
  return [chain.full, ...chain.incrementals];
}

/** A set that is sealed in two ways could be restored by nobody in one run. */
async function checkSealing(first: string, remains: Remains, envelope: Envelope, context: ReadContext): Promise<void> {
  const before = encodingOf(first);
  if ((before === "gpg") !== (envelope.kind === "gpg")) {
    const reason = before === "gpg" ? "was encrypted, and this one is not to be" : "was not encrypted, and this one is to be";
    const message = `the backup of ${formatTime(remains.set.end)} was interrupted and is to be gone on with, but it ${reason}: give the same options as then, or remove what is left of it with cleanup --force`;
    throw new DoppelError("resume.mismatch", message, { reason });
  }
  if (before !== envelope.kind) throw new Refused("it was compressed otherwise");
  if (envelope.kind !== "gpg") return;
  await checkPassphrase(first, envelope, context);
  if (remains.origin === "ours") return; // the journal knows
  const keys = await keysOfMessage(first, context);
  const now = envelope.recipients.map(({ keyId, hidden }) => (hidden ? "0".repeat(16) : keyId));
  const same =
    keys && [...keys.recipients].sort().join() === now.sort().join() && keys.symmetric === (envelope.passphrase !== undefined);
  if (!same) throw new Refused("it was encrypted to other keys");
}

/** Volumes that the target has, from the first on, in the size that they were sealed with. */
function countKept(sealed: readonly JournalVolume[], found: BackupSet, sizeOf: (number: number) => number): number {
  let count = 0;
  for (const { number, size } of sealed) {
    if (!found.volumes.has(number) || sizeOf(number) !== size) break;
    count++;
  }
  return count;
}

/**
 * Those before the first that is somebody else's: when two machines store a set of the same second, names of volumes that were never
 * stored here are there, perhaps in the same size. Volumes whose storing was not seen to its end (two at most) are read.
 */
async function ownOnes(
  volumes: readonly JournalVolume[],
  stored: ReadonlySet<number>,
  found: BackupSet,
  { deps, runtime }: ReadContext,
): Promise<readonly JournalVolume[]> {
  for (const [index, { number, hashes }] of volumes.entries()) {
    if (stored.has(number)) continue;
    try {
      const hash = createHash("sha256");
      for await (const chunk of deps.storage.get(found.volumes.get(number)!, undefined, runtime.signal)) hash.update(chunk);
      if (hash.digest("hex") !== hashes.get("SHA256")) return volumes.slice(0, index);
    } catch (error) {
      if (!isDoppelError(error, "storage.denied") && !isDoppelError(error, "storage.refused")) throw error;
      runtime.emit({ type: "debug", detail: `volume ${number} is taken for ours by its size: ${error.message}` });
    }
  }
  return volumes;
}

/** Stock may have been interrupted in the middle of storing it. */
async function checkHash(name: string, { hashes }: JournalVolume, { deps, runtime }: ReadContext): Promise<void> {
  const hash = createHash("sha1");
  for await (const chunk of deps.storage.get(name, undefined, runtime.signal)) hash.update(chunk);
  if (hash.digest("hex") !== hashes.get("SHA1")) throw new Refused("its last volume was not stored to its end");
}

async function ourSource(last: JournalVolume, archive: ArchiveDir): Promise<Pick<SourceResume, "cut" | "signatures">> {
  const { signatures, cut } = last;
  if (!signatures) throw new Refused("the signatures of its volumes are not known");
  if (last.end.block !== undefined && !cut) throw new Refused("a file was being stored, and how far is not known");
  const file = join(archive.path, JOURNAL_SIGNATURES);
  if ((await sha256Of(file, signatures.bytes)) !== signatures.sha256) {
    throw new Refused("the signatures of its volumes are not in the archive directory any more");
  }
  return { ...(cut && { cut }), signatures: { file, bytes: signatures.bytes } };
}

function stockSource(
  last: JournalVolume,
  remains: Extract<Remains, { origin: "stock" }>,
  archive: ArchiveDir,
): Pick<SourceResume, "cut" | "signatures"> {
  const piece = last.end.block;
  return {
    ...(piece !== undefined && { cut: { piece, bytes: piece * STOCK_PIECE } }),
    ...(remains.signatures !== undefined && { signatures: { file: join(archive.path, remains.signatures) } }),
  };
}

/** Of the first bytes of a file; undefined when it has not so many. */
async function sha256Of(file: string, bytes: number): Promise<string | undefined> {
  const hash = createHash("sha256");
  let left = bytes;
  try {
    if (bytes > 0) {
      for await (const chunk of createReadStream(file, { end: bytes - 1 })) {
        hash.update(chunk as Buffer);
        left -= (chunk as Buffer).length;
      }
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
  return left === 0 ? hash.digest("hex") : undefined;
}
