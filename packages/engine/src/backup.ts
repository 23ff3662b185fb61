import type { Payload, Runtime } from "@doppel/base";
import { type Manifest, manifestName, type SetId, signaturesName, volumeName } from "@doppel/format";
import { checkSource } from "@doppel/tree";
import { choose } from "./backup/choose.ts";
import { Filelist, Signatures } from "./backup/metadata.ts";
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
const MANIFEST_PIECE = 1 << 18;

/**
 * Makes a backup: walk, compare, tar blocks, cut, seal, store; then signatures; then the manifest, which is the commit.
 * A full backup reads nothing from the target and needs no local state; an increment needs the signatures of its chain.
 * @throws DoppelError; nothing that is stored by then counts as a backup, because its manifest is missing
 */
export async function backup(job: BackupJob, deps: BackupDeps, runtime: Runtime): Promise<BackupReport> {
  const startTime = runtime.clock.now();
  const { storage, tempDir } = deps;
  checkBackup(job);
  const archive = new ArchiveDir(deps.archiveDir);
  await archive.create();
  const context = readContext(deps, job.prefixes, runtime);
  const choice = await choose(job, context);
  const base = choice.kind === "inc" ? await syncSignatures(choice.base, archive, context) : undefined;
  const after = choice.kind === "inc" ? choice.end : undefined;
  const time = await timeOfNewSet(archive.path, job.prefixes, runtime, after);
  const set: SetId = { kind: choice.kind, start: after ?? time, end: time };
  runtime.emit({ type: "run.started", kind: "backup", target: storage.label, time });
  runtime.emit({ type: "set.opened", kind: set.kind, time });

  const spool = { tempDir, memoryLimit: SPOOL_MEMORY, random: runtime.random };
  const sealer = new Sealer({ envelope: deps.envelope, level: job.compressLevel, permits: new Permits(PIECES_IN_FLIGHT), spool });
  const nameOf = (number: number): string => volumeName(set, number, sealer.encoding, job.prefixes);
  const tally = new Tally(runtime, job.verbose);
  const queue = new StoreQueue(storage, runtime, nameOf);
  const volumes = new Volumes(job.volumeBytes, sealer, queue);
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
      tally.progress(volumes.count, queue.storedBytes);
    }
    await volumes.finish();
    const infos = await queue.drain();
    const manifest = { hostname: job.hostname, localDir: job.source, volumes: infos };
    const metadata = await storeMetadata({ set, manifest, signatures, filelist, sealer, archive, job, deps, runtime });
    runtime.emit({ type: "run.finished", kind: "backup", incomplete: tally.incomplete });
    return {
      statistics: tally.statistics(startTime, queue.storedBytes),
      set: {
        id: set,
        volumes: new Map(infos.map(({ number }) => [number, nameOf(number)])),
        ...metadata,
        encoding: sealer.encoding,
      },
      incomplete: tally.incomplete,
    };
  } finally {
    await counter?.stop();
    await volumes.discard();
    await queue.settle();
  }
}

interface MetadataToStore {
  readonly set: SetId;
  readonly manifest: Manifest;
  readonly signatures: Signatures;
  readonly filelist: Filelist;
  readonly sealer: Sealer;
  readonly archive: ArchiveDir;
  readonly job: BackupJob;
  readonly deps: BackupDeps;
  readonly runtime: Runtime;
}

/** Signatures, then the manifest: from that moment the set is a backup. Then the same for the archive directory, in plain. */
async function storeMetadata(given: MetadataToStore): Promise<{ readonly manifest: string; readonly signatures: string }> {
  const { set, sealer, archive, runtime } = given;
  const { prefixes } = given.job;
  const put = async (name: string, body: Payload): Promise<string> => {
    await given.deps.storage.put(name, body, runtime.signal);
    runtime.emit({ type: "object.stored", name, size: body.size });
    return name;
  };
  const sealed = await given.signatures.finish();
  await using remoteSignatures = sealed.remote;
  await using localSignatures = sealed.local;
  const signatures = await put(signaturesName(set, sealer.encoding, prefixes), remoteSignatures.body);

  const writer = await sealer.openManifest(MANIFEST_PIECE);
  for await (const chunk of given.filelist.manifest(given.manifest)) await writer.write(chunk);
  await using remoteManifest = await writer.finish();
  const manifest = await put(manifestName(set, sealer.encoding, prefixes), remoteManifest.body);

  await archive.write(signaturesName(set, "gzip", prefixes), localSignatures.body.open(), runtime.random);
  await archive.write(manifestName(set, "plain", prefixes), given.filelist.manifest(given.manifest), runtime.random);
  return { manifest, signatures };
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
