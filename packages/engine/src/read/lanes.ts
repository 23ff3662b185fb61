import type { BytePath } from "@doppel/base";
import { type BackupSet, type Manifest, volumesFor } from "@doppel/format";
import type { ReadContext } from "./context.ts";
import { UnsealWorkers } from "../workers/unseal.ts";
import { checkVolumes, Lane } from "./lane.ts";
import { type LeftOutObserver, tellOfUnnamedVolumes } from "./left-out.ts";
import { readManifest } from "./metadata.ts";
import type { Target } from "./target.ts";

/** Fetched volumes of all lanes together take about this much memory; what is more goes to temporary files. */
const SPOOL_MEMORY = 48 << 20;

/** From this many bytes on volumes are unsealed in workers. Each takes 60 CPU ms to start, in which it could unseal 6 MB. */
const WORKERS_FROM = 32 << 20;

export interface Lanes extends AsyncDisposable {
  /** One a set, oldest first. */
  readonly all: readonly Lane[];
}

export interface LaneObserver extends LeftOutObserver {
  expect(volumes: number, bytes: number): void;
  volume(name: string, number: number, size: number): void;
}

/**
 * Opens the sets of a state for reading. Reads their manifests, and makes sure that every volume that will be wanted is
 * there, before the first one is fetched. @throws volume.missing, format.bad-manifest, openpgp.*
 */
export async function openLanes(
  sets: readonly BackupSet[],
  target: Target,
  context: ReadContext,
  observer: LaneObserver,
  wanted?: BytePath,
): Promise<Lanes> {
  let bytes = 0;
  const read: { readonly set: BackupSet; readonly manifest: Manifest }[] = [];
  for (const set of sets) {
    const whole = await readManifest(set, context);
    const manifest = wanted === undefined ? whole : { ...whole, volumes: volumesFor(whole, wanted) };
    checkVolumes(set, manifest, context.prefixes);
    tellOfUnnamedVolumes(set, whole, observer);
    const setBytes = bytesOf(set, manifest, target);
    bytes += setBytes;
    observer.expect(manifest.volumes.length, setBytes);
    context.runtime.emit({ type: "set.opened", kind: set.id.kind, time: set.id.end, volumes: manifest.volumes.length });
    read.push({ set, manifest });
  }
  const memoryLimit = Math.floor(SPOOL_MEMORY / (2 * sets.length)); // each lane holds one volume and fetches the next
  const workers = bytes >= WORKERS_FROM ? new UnsealWorkers(context.runtime.signal) : undefined;
  const all = read.map(
    ({ set, manifest }) =>
      new Lane({
        set,
        manifest,
        ...(wanted === undefined ? {} : { wanted }),
        memoryLimit,
        ...(workers ? { workers } : {}),
        context,
        onVolume: (name, number, size) => observer.volume(name, number, size),
      }),
  );
  return {
    all,
    async [Symbol.asyncDispose]() {
      for (const lane of all) await lane[Symbol.asyncDispose]();
      await workers?.[Symbol.asyncDispose]();
    },
  };
}

function bytesOf(set: BackupSet, manifest: Manifest, { sizes }: Target): number {
  return manifest.volumes.reduce((sum, { number }) => sum + (sizes.get(set.volumes.get(number) ?? "") ?? 0), 0);
}
