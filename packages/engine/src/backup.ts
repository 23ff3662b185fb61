import type { ByteStream, Payload, Runtime } from "@doppel/base";
import { manifestName, type SetId, signaturesName, volumeName } from "@doppel/format";
import { checkSource } from "@doppel/tree";
import { Filelist, Signatures } from "./backup/metadata.ts";
import { StoreQueue } from "./backup/store-queue.ts";
import { Tally } from "./backup/tally.ts";
import { Volumes } from "./backup/volumes.ts";
import { timeOfNewSet } from "./backup/when.ts";
import { ArchiveDir } from "./cache/archive-dir.ts";
import type { BackupDeps, BackupJob, BackupReport } from "./job.ts";
import { Permits } from "./seal/permits.ts";
import { Sealer } from "./seal/sealer.ts";
import { rulesOf } from "./source/rules.ts";
import { countTotals, sourceBatches } from "./workers/source.ts";

/** Pieces in compression or waiting for it, over all objects: enough for every thread of the pool, 16 MiB of memory. */
const PIECES_IN_FLIGHT = 8;
const SPOOL_MEMORY = 16 << 20;
const MANIFEST_PIECE = 1 << 18;

/**
 * Makes a full backup: walk, tar blocks, cut, seal, store; then signatures; then the manifest, which is the commit.
 * Reads nothing from the target and needs no local state.
 * @throws DoppelError; nothing that is stored by then counts as a backup, because its manifest is missing
 */
export async function backup(job: BackupJob, deps: BackupDeps, runtime: Runtime): Promise<BackupReport> {
  const startTime = runtime.clock.now();
  const { storage, tempDir } = deps;
  checkBackup(job);
  const archive = new ArchiveDir(deps.archiveDir);
  await archive.create();
  const time = await timeOfNewSet(archive.path, job.prefixes, runtime);
  const set: SetId = { kind: "full", start: time, end: time };
  runtime.emit({ type: "run.started", kind: "backup", target: storage.label, time });
  runtime.emit({ type: "set.opened", kind: "full", time });

  const spool = { tempDir, memoryLimit: SPOOL_MEMORY, random: runtime.random };
  const sealer = new Sealer({ envelope: deps.envelope, level: job.compressLevel, permits: new Permits(PIECES_IN_FLIGHT), spool });
  const tally = new Tally(runtime, job.verbose);
  const queue = new StoreQueue(storage, runtime, (number) => volumeName(set, number, sealer.encoding, job.prefixes));
  const volumes = new Volumes(job.volumeBytes, sealer, queue);
  await using signatures = await Signatures.open(sealer);
  await using filelist = new Filelist(spool);
  const counter = job.countTotals ? countTotals(sourceOf(job), (totals) => tally.totals(totals)) : undefined;
  try {
    for await (const batch of sourceBatches(sourceOf(job), runtime.signal)) {
      tally.batch(batch);
      await volumes.write(batch);
      await signatures.write(batch.signatures);
      for (const mark of batch.marks) if (mark.type === "file" && mark.lastPiece) await filelist.addNew(mark.path);
      tally.progress(volumes.count, queue.storedBytes);
    }
    await volumes.finish();
    const infos = await queue.drain();

    const put = async (name: string, body: Payload): Promise<string> => {
      await storage.put(name, body, runtime.signal);
      runtime.emit({ type: "object.stored", name, size: body.size });
      return name;
    };
    const sealed = await signatures.finish();
    await using remoteSignatures = sealed.remote;
    await using localSignatures = sealed.local;
    const signaturesAt = await put(signaturesName(set, sealer.encoding, job.prefixes), remoteSignatures.body);

    const manifest = (): ByteStream => filelist.manifest({ hostname: job.hostname, localDir: job.source, volumes: infos });
    const manifestWriter = await sealer.openManifest(MANIFEST_PIECE);
    for await (const chunk of manifest()) await manifestWriter.write(chunk);
    await using remoteManifest = await manifestWriter.finish();
    const manifestAt = await put(manifestName(set, sealer.encoding, job.prefixes), remoteManifest.body);

    await archive.write(signaturesName(set, "gzip", job.prefixes), localSignatures.body.open(), runtime.random);
    await archive.write(manifestName(set, "plain", job.prefixes), manifest(), runtime.random);

    const statistics = tally.statistics(startTime, queue.storedBytes);
    runtime.emit({ type: "run.finished", kind: "backup", incomplete: tally.incomplete });
    const names = new Map(infos.map(({ number }) => [number, volumeName(set, number, sealer.encoding, job.prefixes)]));
    return {
      statistics,
      set: { id: set, volumes: names, manifest: manifestAt, signatures: signaturesAt, encoding: sealer.encoding },
      incomplete: tally.incomplete,
    };
  } finally {
    await counter?.stop();
    await volumes.discard();
    await queue.settle();
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
