import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import { type BackupSet, DifftarReader, type Manifest, type VolumeInfo } from "@doppel/format";
import { checkRestoreTarget, OwnerNames, TreeWriter } from "@doppel/tree";
import type { ReadDeps, RestoreJob, RestoreReport } from "./job.ts";
import { encodingOf, fetchVolume, missing } from "./read/fetch.ts";
import { readManifest } from "./read/metadata.ts";
import { onlyFull, readTarget, setsAt, type Target } from "./read/target.ts";
import { unseal, type UnsealOptions } from "./read/unseal.ts";
import { fetchAhead } from "./restore/fetch-ahead.ts";
import { RestoreTally } from "./restore/tally.ts";

/**
 * Restores a tree: list, pick, fetch, check, unseal, untar, write. Every volume is checked before a byte of it is used; a
 * failure stops the restore, and nothing incomplete carries its final name.
 */
export async function restore(job: RestoreJob, deps: ReadDeps, runtime: Runtime): Promise<RestoreReport> {
  const { storage } = deps;
  checkRestoreTarget(job.target, job.force);
  runtime.emit({ type: "run.started", kind: "restore", target: storage.label, time: runtime.clock.now() });
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  const set = onlyFull(setsAt(target, storage.label, runtime.clock.now(), job.time));
  const manifest = await readManifest(set, { deps, prefixes: job.prefixes, runtime });
  checkVolumes(set, manifest);
  runtime.emit({ type: "set.opened", kind: set.id.kind, time: set.id.end, volumes: manifest.volumes.length });

  const tally = new RestoreTally(runtime, job.verbose, sizesOf(set, manifest, target));
  const writer = new TreeWriter(job.target, {
    numericOwner: job.numericOwner,
    restoreOwner: job.restoreOwner,
    owners: OwnerNames.system(),
    force: job.force,
    random: runtime.random,
    onProblem: (problem) => tally.notice(problem),
  });
  const unsealing = (info: VolumeInfo): UnsealOptions => {
    const name = set.volumes.get(info.number)!;
    return {
      name,
      encoding: encodingOf(name),
      ...(deps.keys ? { keys: deps.keys } : {}),
      ...(deps.verifier ? { verifier: deps.verifier } : {}),
      signal: runtime.signal,
      onWarning: (detail) => runtime.emit({ type: "debug", detail: `${name}: ${detail}` }),
    };
  };
  const reader = new DifftarReader();
  try {
    for await (const { info, sealed } of fetchAhead(manifest.volumes, (info) =>
      fetchVolume(info, deps, runtime, unsealing(info)),
    )) {
      const options = unsealing(info);
      await inVolume(options.name, async () => {
        reader.beginVolume(info.number);
        for await (const chunk of unseal(sealed, options)) {
          writeItems(reader.update(chunk), writer, tally);
          runtime.signal.throwIfAborted();
          tally.progress();
        }
        writeItems(reader.endVolume(), writer, tally);
      });
      tally.volume(options.name, info.number, sealed.size);
    }
    writeItems(reader.finish(), writer, tally);
    writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
  runtime.emit({ type: "run.finished", kind: "restore", incomplete: tally.incomplete });
  return { files: tally.files, bytes: tally.bytes, incomplete: tally.incomplete };
}

function writeItems(items: ReturnType<DifftarReader["update"]>, writer: TreeWriter, tally: RestoreTally): void {
  for (const item of items) {
    switch (item.type) {
      case "entry":
        if (item.kind !== "snapshot") throw notInFull(item.kind);
        writer.begin(item.entry);
        tally.begin(item.entry);
        break;
      case "data":
        writer.write(item.bytes);
        tally.data(item.bytes.length);
        break;
      case "end":
        writer.end();
        tally.end();
    }
  }
}

function notInFull(kind: string): DoppelError {
  const reason = `a full set holds a "${kind}" entry, which has no meaning there`;
  return new DoppelError("format.bad-set", reason, { set: "full", reason });
}

/** Everything the manifest names must be there before anything is written. */
function checkVolumes(set: BackupSet, manifest: Manifest): void {
  for (const { number } of manifest.volumes) {
    if (!set.volumes.has(number)) throw missing(`volume ${number} of ${set.manifest ?? "the set"}`);
  }
}

function sizesOf(set: BackupSet, manifest: Manifest, target: Target): { readonly volumes: number; readonly bytes: number } {
  let bytes = 0;
  for (const { number } of manifest.volumes) bytes += target.sizes.get(set.volumes.get(number) ?? "") ?? 0;
  return { volumes: manifest.volumes.length, bytes };
}

async function inVolume(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isDoppelError(error, "format.bad-tar") && !isDoppelError(error, "format.bad-set")) throw error;
    const where = isDoppelError(error, "format.bad-tar") ? ` at byte ${error.data.offset} of its tar archive` : "";
    const message = `${name} is damaged${where}: ${error.data.reason}; the volumes before it are restored, nothing behind this place is. Fetch it again or restore another backup with --time`;
    throw new DoppelError("volume.damaged", message, { name, reason: error.data.reason }, error);
  }
}
