import type { BytePath } from "@doppel/base";
import { type BackupSet, type IndexedEntry, type Manifest, volumesFor } from "@doppel/format";
import type { ThawOptions } from "@doppel/storage";
import type { ReadContext } from "./context.ts";
import { checkVolumes, Lane, type LanePart, wholeVolumes } from "./lane.ts";
import { type LeftOutObserver, tellOfUnnamedVolumes } from "./left-out.ts";
import { ensureReadable } from "./archived.ts";
import { readManifest } from "./metadata.ts";
import { readWanted, slicedParts } from "./slices/read-wanted.ts";
import type { Target } from "./target.ts";

/** Fetched volumes of all lanes together take about this much memory; what is more goes to temporary files. */
const SPOOL_MEMORY = 48 << 20;

export interface Lanes extends AsyncDisposable {
  /** One a set, oldest first. */
  readonly all: readonly Lane[];
}

export interface LaneObserver extends LeftOutObserver {
  expect(volumes: number, bytes: number): void;
  volume(name: string, number: number, size: number): void;
}

/** Which part of a state is read. */
export interface LaneChoice {
  /** Only this path and what is below it. */
  readonly wanted?: BytePath;
  /** How what lies in an archive is got out of it; undefined: that is an error. */
  readonly thaw?: ThawOptions;
  /** Parts of volumes will do, where a set's index tells which and how to check them. */
  readonly useIndex: boolean;
}

/** What a set has to say, not read yet. */
interface Content {
  readonly parts: readonly LanePart[] | AsyncIterable<LanePart>;
  readonly records?: readonly IndexedEntry[];
  /** The volumes' names. */
  readonly names: readonly string[];
  readonly bytes: number;
}

/**
 * Opens the sets of a state for reading. Reads their manifests (or indexes), and makes sure that every volume that will be
 * wanted is there, before the first one is fetched. @throws volume.missing, format.bad-manifest, openpgp.*
 */
export async function openLanes(
  sets: readonly BackupSet[],
  target: Target,
  context: ReadContext,
  observer: LaneObserver,
  { wanted, useIndex, thaw }: LaneChoice,
): Promise<Lanes> {
  const metadata = sets.flatMap(({ manifest, index }) => [manifest, ...(useIndex && wanted ? [index] : [])]);
  await ensureReadable(
    metadata.filter((name) => name !== undefined),
    target,
    context,
    thaw,
  );
  const needed: string[] = [];
  const memoryLimit = Math.floor(SPOOL_MEMORY / (2 * sets.length)); // each lane holds one volume and fetches the next
  const all: Lane[] = [];
  for (const set of sets) {
    const few = useIndex && wanted ? await readWanted(set, wanted, context, observer) : undefined;
    const { names, bytes, ...content } = few
      ? contentOf(slicedParts(set, few.parts, context), few.records)
      : await wholeContent(set, target, context, observer, memoryLimit, wanted);
    needed.push(...names);
    observer.expect(names.length, bytes);
    context.runtime.emit({ type: "set.opened", kind: set.id.kind, time: set.id.end, volumes: names.length });
    const onVolume = (name: string, number: number, size: number): void => observer.volume(name, number, size);
    all.push(new Lane({ set, ...content, ...(wanted === undefined ? {} : { wanted }), onVolume }));
  }
  await ensureReadable(needed, target, context, thaw);
  return {
    all,
    async [Symbol.asyncDispose]() {
      for (const lane of all) await lane[Symbol.asyncDispose]();
    },
  };
}

function contentOf(parts: readonly LanePart[], records: readonly IndexedEntry[]): Content {
  return { parts, records, names: parts.map(({ name }) => name), bytes: parts.reduce((sum, { size }) => sum + size, 0) };
}

async function wholeContent(
  set: BackupSet,
  target: Target,
  context: ReadContext,
  observer: LaneObserver,
  memoryLimit: number,
  wanted?: BytePath,
): Promise<Content> {
  const whole = await readManifest(set, context);
  const manifest = wanted === undefined ? whole : { ...whole, volumes: volumesFor(whole, wanted) };
  checkVolumes(set, manifest, context.prefixes);
  tellOfUnnamedVolumes(set, whole, observer);
  return {
    parts: wholeVolumes(set, manifest, memoryLimit, context),
    names: manifest.volumes.flatMap(({ number }) => set.volumes.get(number) ?? []),
    bytes: bytesOf(set, manifest, target),
  };
}

function bytesOf(set: BackupSet, manifest: Manifest, { sizes }: Target): number {
  return manifest.volumes.reduce((sum, { number }) => sum + (sizes.get(set.volumes.get(number) ?? "") ?? 0), 0);
}
