import { isDoppelError, type Runtime } from "@doppel/base";
import { type SetId, volumeName } from "@doppel/format";
import { checkSource } from "@doppel/tree";
import { checkPassphrase } from "./backup/check-passphrase.ts";
import { choose } from "./backup/choose.ts";
import { Filelist, Signatures } from "./backup/metadata.ts";
import { SetIndex } from "./backup/set-index.ts";
import { storeIndex } from "./backup/store-index.ts";
import { keepLocally, storeMetadata } from "./backup/store-metadata.ts";
import { StoreQueue } from "./backup/store-queue.ts";
import { Tally } from "./backup/tally.ts";
import { Volumes } from "./backup/volumes.ts";
import { timeOfNewSet } from "./backup/when.ts";
import { ArchiveDir } from "./cache/archive-dir.ts";
import { syncSignatures } from "./cache/sync.ts";
import type { BackupDeps, BackupJob, BackupReport } from "./job.ts";
import { readContext } from "./read/context.ts";
import { Permits } from "./seal/permits.ts";
import { Sealer } from "./seal/sealer.ts";
import { rulesOf } from "./source/rules.ts";
import { countTotals, sourceBatches } from "./workers/source.ts";

/** Pieces in compression or waiting for it, over all objects: enough for every thread of the pool, 16 MiB of memory. */
const PIECES_IN_FLIGHT = 8;
const SPOOL_MEMORY = 16 << 20;

/**
 * Makes a backup: walk, compare, tar blocks, cut, seal, store; then signatures; then the manifest, which is the commit;
 * then the index, without which everything works.
 * A full backup reads nothing from the target and needs no local state; an increment needs the signatures of its chain.
 * @throws DoppelError; nothing that is stored by then counts as a backup, because its manifest is missing
 */
export async function backup(job: BackupJob, deps: BackupDeps, runtime: Runtime): Promise<BackupReport> {
  const startTime = runtime.clock.now();
  const { storage, tempDir } = deps;
  checkBackup(job);
  const archive = new ArchiveDir(deps.archiveDir);
  const tally = new Tally(runtime, job.verbose);
  const usable = await tryArchive(job.kind !== "inc", tally, () => archive.create());
  const context = readContext(deps, job.prefixes, runtime);
  const choice = usable ? await choose(job, context) : ({ kind: "full" } as const);
  if (choice.kind === "inc") await checkPassphrase(choice.base.at(-1)!, deps.envelope, context);
  const base = choice.kind === "inc" ? await syncSignatures(choice.base, archive, context) : undefined;
  const after = choice.kind === "inc" ? choice.end : undefined;
  const time = await timeOfNewSet(usable ? archive.path : undefined, job.prefixes, runtime, after);
  const set: SetId = { kind: choice.kind, start: after ?? time, end: time };
  runtime.emit({ type: "run.started", kind: "backup", target: storage.label, time });
  runtime.emit({ type: "set.opened", kind: set.kind, time });

  const spool = { tempDir, memoryLimit: SPOOL_MEMORY, random: runtime.random };
  const sealer = new Sealer({ envelope: deps.envelope, level: job.compressLevel, permits: new Permits(PIECES_IN_FLIGHT), spool });
  const nameOf = (number: number): string => volumeName(set, number, sealer.encoding, job.prefixes);
  await using index = await SetIndex.open(set, sealer);
  const queue = new StoreQueue(storage, runtime, nameOf, (volume) => index.volume(volume));
  const volumes = new Volumes(job.volumeBytes, sealer, queue, index);
  await using signatures = await Signatures.open(sealer);
  await using filelist = new Filelist(spool);
  const source = { ...sourceOf(job), ...(base ? { base } : {}) };
  const counter = job.countTotals ? countTotals(source, (totals) => tally.totals(totals)) : undefined;
  try {
    for await (const batch of sourceBatches(source, runtime.signal)) {
      tally.batch(batch);
      await volumes.write(batch);
      await signatures.write(batch.signatures);
      await filelist.add(batch.marks);
      tally.progress(queue.infos.length, queue.storedBytes);
    }
    await volumes.finish();
    const infos = await queue.drain();
    const manifest = { hostname: job.hostname, localDir: job.source, volumes: infos };
    const metadata = await storeMetadata(
      { set, manifest, signatures, filelist, sealer, prefixes: job.prefixes, storage, runtime },
      async (local) => {
        if (usable) await tryArchive(true, tally, () => keepLocally(archive, local));
      },
    );
    const stored = await storeIndex({ set, index, sealer, prefixes: job.prefixes, storage, runtime }, (problem) =>
      tally.notice(problem),
    );
    runtime.emit({ type: "run.finished", kind: "backup", incomplete: tally.incomplete });
    return {
      statistics: tally.statistics(startTime, queue.storedBytes),
      set: {
        id: set,
        volumes: new Map(infos.map(({ number }) => [number, nameOf(number)])),
        manifest: metadata.manifest,
        signatures: metadata.signatures,
        ...(stored ? { index: stored.name } : {}),
        encoding: sealer.encoding,
      },
      storedBytes: queue.storedBytes + metadata.bytes + (stored?.bytes ?? 0),
      incomplete: tally.incomplete,
      outcome: "stored",
    };
  } finally {
    await counter?.stop();
    await volumes.discard();
    await queue.settle();
  }
}

/** A backup is one without the archive directory's copy of its metadata too: when it cannot be kept, that is noticed. */
async function tryArchive(tolerant: boolean, tally: Tally, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!tolerant || !isDoppelError(error, "archive-dir.unusable")) throw error;
    const detail = `${error.message}. The backup itself does not need it, but the next increment must fetch and decrypt what is missing there`;
    tally.notice({ reason: "archive-dir", incomplete: true, detail });
    return false;
  }
}

/**
 * What can be told of a job before anything is made, also the target's folder: bad rules, a missing source.
 * @throws rules.*, source.missing, source.unreadable
 */
export function checkBackup(job: BackupJob): void {
  rulesOf(job);
  checkSource(job.source);
}

/** What the source worker needs to know of a job: only what can be cloned. */
function sourceOf({ source, selection, filelists, nullSeparator, copyLinks, volumeBytes }: BackupJob) {
  return { source, selection, filelists, nullSeparator, copyLinks, volumeBytes };
}
