import { isDoppelError, type Runtime } from "@doppel/base";
import { type SetId, volumeName } from "@doppel/format";
import type { ArchiveDir } from "../cache/archive-dir.ts";
import { Journal, type JournalVolume, type StoredSignatures } from "../cache/journal.ts";
import type { BackupDeps, BackupJob, BackupReport } from "../job.ts";
import type { Notice } from "../read/left-out.ts";
import { SetReceipt } from "../receipt/set-receipt.ts";
import { storeReceipt } from "../receipt/store-receipt.ts";
import { Compressor } from "../seal/compressor.ts";
import { Hasher } from "../seal/hasher.ts";
import { Sealer } from "../seal/sealer.ts";
import type { SourceResume } from "../workers/protocol.ts";
import { countTotals, sourceBatches } from "../workers/source.ts";
import { checkChain, tellOfRivals } from "./check-chain.ts";
import { checkStored } from "./check-stored.ts";
import { Filelist, type SealedSignatures, Signatures } from "./metadata.ts";
import { sameJob } from "./same-job.ts";
import { SetIndex } from "./set-index.ts";
import { storeIndex } from "./store-index.ts";
import { keepLocally, storeMetadata } from "./store-metadata.ts";
import { StoreQueue } from "./store-queue.ts";
import type { Tally } from "./tally.ts";
import { tryArchive } from "./try-archive.ts";
import { Volumes } from "./volumes.ts";

/** Of each object that does not go to the target at once: signatures twice, manifest, index. */
const SPOOL_MEMORY = 4 << 20;

/** Which set is made. */
export interface SetPlan {
  readonly set: SetId;
  /** An increment: the signatures of its chain, as files. */
  readonly base?: readonly string[];
  /** It was begun by a run that was interrupted. */
  readonly resume?: {
    readonly kept: readonly JournalVolume[];
    readonly source: SourceResume;
    /** Its signatures, if it has stored them. */
    readonly stored?: StoredSignatures;
  };
}

export interface SetRun {
  readonly job: BackupJob;
  readonly deps: BackupDeps;
  readonly runtime: Runtime;
  readonly startTime: Date;
  readonly tally: Tally;
  /** undefined: it cannot be used. */
  readonly archive: ArchiveDir | undefined;
}

/**
 * Makes one set: walk, compare, tar blocks, cut, seal, store; then signatures; then the manifest, which is the commit;
 * then the index and the receipt, without which everything works.
 * @throws Refused: the source does not allow going on; nothing has been stored
 */
export async function makeSet({ set, base, resume }: SetPlan, run: SetRun): Promise<BackupReport> {
  const { job, deps, runtime, tally, archive } = run;
  const { storage } = deps;
  const { prefixes } = job;
  const kept = resume?.kept ?? [];
  runtime.emit({ type: "run.started", kind: "backup", target: storage.label, time: set.end });
  runtime.emit({ type: "set.opened", kind: set.kind, time: set.end });

  const spool = { tempDir: deps.tempDir, memoryLimit: SPOOL_MEMORY, random: runtime.random, maker: runtime.maker };
  await using compressor = new Compressor(job.threads);
  await using hasher = new Hasher(job.threads);
  const sealer = new Sealer({ envelope: deps.envelope, level: job.compressLevel, compressor, hasher, spool });
  const nameOf = (number: number): string => volumeName(set, number, sealer.encoding, prefixes);
  const journal = archive && !job.dryRun ? await openJournal(archive, { set, resume }, run) : undefined;
  // Where things lie in volumes that are stored already, nobody knows any more: an index is whole, or there is none.
  await using index = resume ? undefined : await SetIndex.open(set, sealer);
  const receipt = job.receipt && new SetReceipt(set, job, deps.envelope, job.receipt);
  const queue = new StoreQueue({
    storage,
    runtime,
    nameOf,
    onStored(volume) {
      index?.volume(volume);
      receipt?.volume(volume);
    },
    journal,
    kept,
    sabotage: job.sabotage,
  });
  await using signatures = await Signatures.open(sealer, journal);
  const checkpoint = async (bytes = signatures.bytes) => journal?.checkpoint(bytes);
  const openPlace = async (number: number) => (await storage.stage?.(nameOf(number), runtime.signal)) ?? sealer.spool();
  const { volumeBytes } = job;
  const volumes = new Volumes({ volumeBytes, sealer, openPlace, queue, index, receipt, after: kept.length, checkpoint });
  await using filelist = new Filelist(spool);
  const mark = runtime.maker?.mark;
  const source = { ...sourceOf(job, base, resume?.source), ...(job.entries && { spool: { tempDir: deps.tempDir, mark } }) };
  let sealedSignatures: Promise<SealedSignatures> | undefined;
  let isShared = false;
  const counter = job.countTotals && !job.entries ? countTotals(source, (totals) => tally.totals(totals)) : undefined;
  try {
    for await (const batch of sourceBatches(source, runtime.signal, job.entries)) {
      tally.batch(batch);
      if (batch.folders) receipt?.folders(batch.folders);
      if (!job.dryRun) {
        await signatures.write(batch.signatures); // before a volume ends: its record tells of them
        await volumes.write(batch);
        if (job.listChanges) await filelist.add(batch);
      }
      tally.progress(queue.infos.length, queue.storedBytes);
    }
    const nothing = job.dryRun
      ? "dry-run"
      : job.skipIfUnchanged && set.kind === "inc" && volumes.isEmpty
        ? "unchanged"
        : undefined;
    if (nothing) {
      await journal?.remove();
      return notStored(nothing, { set, encoding: sealer.encoding }, run);
    }
    await volumes.finish();
    sealedSignatures = signatures.finish(); // while the last volumes are stored; the last checkpoint has been made
    sealedSignatures.catch(() => {}); // whoever waits for it is told
    const infos = await queue.drain();
    await checkStored(set, queue.sizes, { storage, prefixes, runtime });
    await checkChain(set, { storage, prefixes, runtime });
    const manifest = { hostname: job.hostname, localDir: job.source, volumes: infos };
    const metadata = await storeMetadata(
      {
        set,
        manifest,
        signatures: sealedSignatures,
        filelist,
        sealer,
        prefixes,
        storage,
        runtime,
        signaturesStored: resume?.stored,
        onSignatures: async (sealed) => journal?.complete(sealed),
        onSealed: (object, pieces) => index?.key(object, pieces),
      },
      async (local) => {
        if (archive) await tryArchive(true, tally, () => keepLocally(archive, local));
      },
    );
    await journal?.remove();
    const notice = (problem: Notice): void => tally.notice(problem);
    await tellOfRivals(set, { storage, prefixes, runtime }, notice);
    const stored = index && (await storeIndex({ set, index, sealer, prefixes, storage, runtime }, notice));
    receipt?.allVolumes(infos, nameOf, queue.sizes);
    receipt?.object("signatures", metadata.signatures);
    receipt?.object("manifest", metadata.manifest);
    if (stored) receipt?.object("index", stored);
    const facts = { started: run.startTime, finished: runtime.clock.now(), counts: tally.counts, notices: tally.notices };
    const signed =
      receipt &&
      (await storeReceipt({ set, receipt, facts, signer: deps.receiptSigner, archive, prefixes, storage, runtime }, notice));
    runtime.emit({ type: "run.finished", kind: "backup", incomplete: tally.incomplete });
    return {
      statistics: tally.statistics(run.startTime, queue.storedBytes),
      set: {
        id: set,
        volumes: new Map(infos.map(({ number }) => [number, nameOf(number)])),
        manifest: metadata.manifest.name,
        signatures: metadata.signatures.name,
        ...(stored ? { index: stored.name } : {}),
        ...(signed ? { receipt: signed.name } : {}),
        encoding: sealer.encoding,
      },
      storedBytes:
        queue.storedBytes + metadata.signatures.size + metadata.manifest.size + (stored?.size ?? 0) + (signed?.bytes ?? 0),
      incomplete: tally.incomplete,
      outcome: "stored",
    };
  } catch (error) {
    // Another machine stores a set of the same second: what is at the target under its names is nobody's to go on with.
    isShared = isDoppelError(error, "storage.exists");
    throw error;
  } finally {
    await counter?.stop();
    await volumes.discard();
    await queue.settle();
    await sealedSignatures?.catch(() => {}); // it writes to the journal
    // Without a volume there is nothing to go on with.
    if (queue.infos.length === 0 || isShared) await journal?.remove();
    else await journal?.close();
  }
}

function openJournal(archive: ArchiveDir, { set, resume }: Pick<SetPlan, "set"> & { resume: SetPlan["resume"] }, run: SetRun) {
  const { job, deps, runtime } = run;
  return Journal.open({
    archive,
    head: { set, hostname: job.hostname, localDir: job.source, job: sameJob(job, deps.envelope) },
    prefixes: job.prefixes,
    random: runtime.random,
    kept: resume?.kept ?? [],
    keptSignatureBytes: resume?.source.signatures?.bytes ?? 0,
    onProblem(reason) {
      const detail = `should this run be interrupted, the next one has to begin anew: ${reason}`;
      runtime.emit({ type: "notice", reason: "archive-dir", incomplete: false, detail });
    },
  });
}

function notStored(
  outcome: "dry-run" | "unchanged",
  set: { set: SetId; encoding: Sealer["encoding"] },
  run: SetRun,
): BackupReport {
  const { runtime, tally, startTime } = run;
  runtime.emit({ type: "run.finished", kind: "backup", incomplete: tally.incomplete });
  return {
    statistics: tally.statistics(startTime, 0),
    set: { id: set.set, volumes: new Map(), encoding: set.encoding },
    storedBytes: 0,
    incomplete: tally.incomplete,
    outcome,
  };
}

/** What the source worker needs to know of a job: only what can be cloned. */
function sourceOf(job: BackupJob, base: readonly string[] | undefined, resume: SourceResume | undefined) {
  const { source, selection, filelists, nullSeparator, copyLinks, volumeBytes, maxBlockBytes, signatureWindowBytes } = job;
  const receiptFolders = job.receipt?.folderDepth;
  const given = {
    source,
    selection,
    filelists,
    nullSeparator,
    copyLinks,
    volumeBytes,
    maxBlockBytes,
    signatureWindowBytes,
    ...(receiptFolders !== undefined && { receiptFolders }),
  };
  return { ...given, ...(base && { base }), ...(resume && { resume }) };
}
