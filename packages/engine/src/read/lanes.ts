import { type BytePath, displayPath, DoppelError, isDoppelError } from "@doppel/base";
import { type BackupSet, formatTime, type IndexedEntry, type Manifest, type NamePrefixes } from "@doppel/format";
import type { ThawOptions } from "@doppel/storage";
import type { ReadContext } from "./context.ts";
import { UnsealWorkers } from "../workers/unseal.ts";
import { checkVolumes, missingVolumes, type FetchOptions, Lane, type LaneOptions, type LanePart, wholeVolumes } from "./lane.ts";
import { type LeftOutObserver, tellOfUnnamedVolumes } from "./left-out.ts";
import type { LostVolume } from "./lost/loss.ts";
import { openRoll } from "./lost/roll.ts";
import type { Survival } from "./lost/surviving.ts";
import { ensureReadable } from "./archived.ts";
import { findManifest, readManifest } from "./metadata.ts";
import { Proofs } from "./proofs.ts";
import { learnSessionKeys, readWanted, slicedParts } from "./slices/read-wanted.ts";
import type { Target } from "./target.ts";
import { volumesWanted } from "./wanted-volumes.ts";

/** From this many bytes on volumes are unsealed in workers. Each takes 60 CPU ms to start, in which it could unseal 6 MB. */
const WORKERS_FROM = 32 << 20;

/** Fetched volumes of all lanes together take about this much memory; what is more goes to temporary files. */
const SPOOL_MEMORY = 16 << 20;

export interface Lanes extends AsyncDisposable {
  /** One a set, oldest first. */
  readonly all: readonly Lane[];
  /** Of the volumes they will read, in order. */
  readonly names: readonly string[];
}

export interface LaneObserver extends LeftOutObserver {
  expect(volumes: number, bytes: number): void;
  volume(name: string, number: number, size: number): void;
  /** A volume cannot be used. `exactly`: which paths it held is known, and those that are lost are told one by one. */
  lostVolume(volume: LostVolume, exactly: boolean): void;
}

/** Which part of a state is read. */
export interface LaneChoice {
  /**
   * Only these paths and what is below them; ascending, none below another. Of several, which a gap may hide is not told: who asks
   * for them knows what has to come.
   */
  readonly wanted?: readonly BytePath[];
  /** How what lies in an archive is got out of it; undefined: that is an error. */
  readonly thaw?: ThawOptions;
  /** Parts of volumes will do for one path, where a set's index tells which and how to check them. */
  readonly useIndex: boolean;
  /** Go on beside volumes that are missing or damaged; without it the first one is an error. Reads whole volumes only. */
  readonly keepGoing: boolean;
  /** Volumes whose bounds say that they do not hold what is wanted are read where these may be wrong (`volumesWanted`). */
  readonly careful?: boolean;
  /** Nothing will be read: what lies in an archive stays there. */
  readonly lookOnly?: boolean;
}

/** What a set has to say, not read yet. */
interface Content {
  readonly parts: LaneOptions["parts"];
  readonly records?: readonly IndexedEntry[];
  /** How many volumes should be there. */
  readonly volumes: number;
  /** The names of those that are. */
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
  { wanted, useIndex, keepGoing, careful = false, thaw, lookOnly = false }: LaneChoice,
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
  let workers: UnsealWorkers | undefined;
  let total = 0;
  const fetching = { memoryLimit, workers: () => workers };
  for (const set of sets) {
    const [path, ...others] = wanted ?? [];
    const few =
      useIndex && path !== undefined && others.length === 0 && !keepGoing
        ? await readWanted(set, path, target, context, observer)
        : undefined;
    if (useIndex && !wanted && !lookOnly) await learnSessionKeys(set, target, context, observer);
    const { volumes, names, bytes, ...content } = few
      ? contentOf(slicedParts(set, few.parts, context), few.records)
      : await wholeContent(set, target, context, observer, fetching, {
          keepGoing,
          careful,
          lookOnly,
          ...(wanted === undefined ? {} : { wanted }),
        });
    if (!few) total += bytes;
    needed.push(...names);
    observer.expect(volumes, bytes);
    context.runtime.emit({ type: "set.opened", kind: set.id.kind, time: set.id.end, volumes });
    const onVolume = (name: string, number: number, size: number): void => observer.volume(name, number, size);
    const survival: Survival = {
      openRoll: () => openRoll(set, context, memoryLimit),
      onLost: (volume, exactly) => observer.lostVolume({ ...volume, hasIndex: isIndexed(set, volume) }, exactly),
    };
    const options = { ...(wanted === undefined ? {} : { wanted }), ...(keepGoing ? { survival } : {}) };
    const proven = !few &&
      set.id.kind === "inc" && {
        openProofs: () => Proofs.open(set, context, memoryLimit),
        onContradiction: (path: BytePath) => contradict(path, set, keepGoing, observer),
      };
    all.push(new Lane({ set, ...content, ...options, ...proven, onVolume }));
  }
  if (!lookOnly) await ensureReadable(needed, target, context, thaw);
  if (total >= WORKERS_FROM) workers = new UnsealWorkers(context.runtime.signal);
  return {
    all,
    names: [...new Set(needed)],
    async [Symbol.asyncDispose]() {
      for (const lane of all) await lane[Symbol.asyncDispose]();
      await workers?.[Symbol.asyncDispose]();
    },
  };
}

/** A delta is what was stored, and what it makes is not what was backed up: it is given out, but not without a word. @throws volume.damaged */
function contradict(path: BytePath, { id, index }: BackupSet, keepGoing: boolean, observer: LaneObserver): void {
  const why = `its content is not what ${index} says (another SHA-256): the backup of ${formatTime(id.end)} was made against signatures that were not those of the one before`;
  if (!keepGoing) {
    const shown = displayPath(path);
    throw new DoppelError("volume.damaged", `${shown}: ${why}; restore an older state of it with --time`, {
      name: shown,
      reason: why,
    });
  }
  const detail = `${why}; it is written as it is. An older state of it may be sound (--time); make a full backup`;
  observer.notice({ reason: "damaged", path, incomplete: true, detail });
}

function isIndexed({ index }: BackupSet, { error }: LostVolume): boolean {
  return index !== undefined && !isDoppelError(error, "volume.missing");
}

function contentOf(parts: readonly LanePart[], records: readonly IndexedEntry[]): Content {
  return {
    parts,
    records,
    volumes: parts.length,
    names: parts.map(({ name }) => name),
    bytes: parts.reduce((sum, { size }) => sum + size, 0),
  };
}

async function wholeContent(
  set: BackupSet,
  target: Target,
  context: ReadContext,
  observer: LaneObserver,
  fetching: FetchOptions,
  { keepGoing, careful = false, wanted, lookOnly }: Omit<LaneChoice, "useIndex">,
): Promise<Content> {
  const found = await (keepGoing || careful ? findManifest(set, context, observer, wanted !== undefined) : undefined);
  const whole = found?.manifest ?? (await readManifest(set, context));
  const { manifest, beside } = wanted === undefined ? { manifest: whole, beside: NONE } : volumesWanted(whole, wanted, careful);
  if (!keepGoing) checkVolumes(set, manifest, context.prefixes);
  else if (lookOnly) tellOfMissing(set, manifest, context.prefixes, observer);
  tellOfUnnamedVolumes(set, whole, observer);
  return {
    parts: wholeVolumes(set, manifest, context, { ...fetching, beside, ...(found && { otherInfo: found.otherInfo }) }),
    volumes: manifest.volumes.length,
    names: manifest.volumes.flatMap(({ number }) => set.volumes.get(number) ?? []),
    bytes: bytesOf(set, manifest, target),
  };
}

/** For who only looks: a reader comes upon them. */
function tellOfMissing(set: BackupSet, manifest: Manifest, prefixes: NamePrefixes, observer: LeftOutObserver): void {
  for (const error of missingVolumes(set, manifest, prefixes))
    observer.notice({ reason: "volume", incomplete: true, detail: error.message, cause: error });
}

const NONE: ReadonlySet<number> = new Set();

function bytesOf(set: BackupSet, manifest: Manifest, { sizes }: Target): number {
  return manifest.volumes.reduce((sum, { number }) => sum + (sizes.get(set.volumes.get(number) ?? "") ?? 0), 0);
}
