import { type BackupSet, DifftarReader, type VolumeInfo } from "@doppel/format";
import type { ReadContext } from "../read/context.ts";
import { fetchVolume, missing } from "../read/fetch.ts";
import { isLoss } from "../read/lost/loss.ts";
import { readManifest } from "../read/metadata.ts";
import { volumeItems } from "../read/volume-items.ts";
import { numbersFrom } from "../random-numbers.ts";
import type { Findings } from "./findings.ts";

/** Enough stored bytes for a rate that says something, */
const ENOUGH = 64 << 20;
/** or so many volumes, of a backup whose volumes are small. */
const MOST_VOLUMES = 16;
const MEMORY = 16 << 20;

export interface VolumesRead {
  readonly volumes: number;
  /** As they are stored. */
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * Reads random volumes of a state whole: fetches them, compares their hashes with the manifest, opens and unpacks them. That is
 * what a restore does with each of them.
 */
export async function readVolumes(
  sets: readonly BackupSet[],
  seed: number,
  context: ReadContext,
  findings: Findings,
): Promise<VolumesRead> {
  const { clock, signal } = context.runtime;
  const left: { readonly set: BackupSet; readonly info: VolumeInfo }[] = [];
  for (const set of sets) for (const info of (await readManifest(set, context)).volumes) left.push({ set, info });
  const random = numbersFrom(seed);
  let [volumes, bytes, milliseconds] = [0, 0, 0];
  while (left.length > 0 && bytes < ENOUGH && volumes < MOST_VOLUMES) {
    const [{ set, info }] = left.splice(Math.floor(random() * left.length), 1) as [(typeof left)[0]];
    const started = clock.now().getTime();
    volumes++;
    try {
      bytes += await readVolume(set, info, context);
      milliseconds += clock.now().getTime() - started;
    } catch (error) {
      if (!isLoss(error)) throw error;
      findings.problem(error.message);
    }
    signal.throwIfAborted();
  }
  return { volumes, bytes, seconds: milliseconds / 1000 };
}

/** @returns its stored bytes. @throws volume.* */
async function readVolume(set: BackupSet, info: VolumeInfo, context: ReadContext): Promise<number> {
  const { number } = info;
  const name = set.volumes.get(number);
  if (name === undefined) throw missing(`volume ${number} of ${set.manifest ?? "the set"}`);
  await using volume = await fetchVolume(info, context, context.unsealing(name), MEMORY);
  const reader = new DifftarReader({ partial: true, set: set.manifest ?? "the set" });
  const part = { number, name, size: volume.size, bytes: () => volume.bytes() };
  for await (const _ of volumeItems(reader, part, set)) context.runtime.signal.throwIfAborted();
  return volume.size;
}
