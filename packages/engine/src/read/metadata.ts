import { join } from "node:path";
import { DoppelError, isDoppelError } from "@doppel/base";
import { type BackupSet, type Manifest, ManifestParser, manifestName, type VolumeInfo } from "@doppel/format";
import { ArchiveDir } from "../cache/archive-dir.ts";
import type { ReadContext } from "./context.ts";
import type { LeftOutObserver } from "./left-out.ts";
import { fetchMetadata, type Metadata, openLocal } from "./open-metadata.ts";

/** A manifest is small, unless it lists very many files. */
const MANIFEST_MEMORY = 16 << 20;

/** A set's manifest: the archive directory's plain copy when there is one, otherwise fetched and decrypted. */
export async function readManifest(set: BackupSet, context: ReadContext): Promise<Manifest> {
  const local = manifestName(set.id, "plain", context.prefixes);
  const archive = new ArchiveDir(context.deps.archiveDir);
  return (await archive.has(local)) ? readCopy(local, set, context) : readOwnManifest(set, context);
}

/** A manifest, and where there is a second one to be believed in its stead. */
export interface FoundManifest {
  readonly manifest: Manifest;
  /** As {@link FetchOptions.otherInfo}. */
  readonly otherInfo: (info: VolumeInfo) => Promise<VolumeInfo | undefined>;
}

/**
 * As {@link readManifest}, but the archive directory's copy, which nothing protects, is not believed against the target: where it is
 * damaged, or speaks of other volumes than are there, the target's own is read, and so it is for a volume that is not what the copy says.
 * @param someOnly its bounds choose volumes: a copy with other bounds is refused
 * @throws format.bad-manifest, volume.damaged, openpgp.*, storage.*
 */
export async function findManifest(
  set: BackupSet,
  context: ReadContext,
  observer: LeftOutObserver,
  someOnly: boolean,
): Promise<FoundManifest> {
  const local = manifestName(set.id, "plain", context.prefixes);
  const hasCopy = await new ArchiveDir(context.deps.archiveDir).has(local);
  if (!hasCopy || set.manifest === undefined) {
    return { manifest: await readManifest(set, context), otherInfo: async () => undefined };
  }
  const copyName = join(context.deps.archiveDir, local);
  const tell = (what: string): void =>
    observer.notice({
      reason: "metadata",
      incomplete: false,
      detail: `${copyName} ${what}; the target's own is used instead: delete the copy`,
    });
  let copy: Manifest | undefined;
  try {
    copy = await readCopy(local, set, context);
  } catch (error) {
    if (!isDoppelError(error, "format.bad-manifest") && !isDoppelError(error, "volume.damaged")) throw error;
    tell(`is damaged: ${error.message}`);
  }
  const refuse = (): never => {
    const message = `${copyName} is not the manifest of this backup, and says wrongly where files lie: delete this copy and run it again; the target's own is used then`;
    throw new DoppelError("format.bad-manifest", message, { line: 1, reason: "it is of another backup" });
  };
  if (copy && copy.volumes.length === set.volumes.size && copy.volumes.every(({ number }) => set.volumes.has(number))) {
    let own: Promise<Manifest | undefined> | undefined;
    const otherInfo = async (info: VolumeInfo): Promise<VolumeInfo | undefined> => {
      const targets = await (own ??= targetsIfUsable(set, context));
      const other = targets?.volumes[info.number - 1];
      if (!other || [...other.hashes].every(([name, digest]) => info.hashes.get(name) === digest)) return undefined;
      if (someOnly && !sameBounds(targets!, copy)) refuse(); // other volumes should have been chosen
      tell(`speaks of another volume ${info.number}`);
      return other;
    };
    return { manifest: copy, otherInfo };
  }
  const manifest = copy ? ((await targetsIfUsable(set, context)) ?? copy) : await readOwnManifest(set, context);
  if (copy && manifest !== copy && manifest.volumes.length !== copy.volumes.length) tell("speaks of other volumes");
  return { manifest, otherInfo: async () => undefined };
}

function sameBounds(a: Manifest, b: Manifest): boolean {
  const boundsOf = ({ volumes }: Manifest): string => JSON.stringify(volumes.map(({ start, end }) => [start.path, end.path]));
  return boundsOf(a) === boundsOf(b);
}

async function targetsIfUsable(set: BackupSet, context: ReadContext): Promise<Manifest | undefined> {
  try {
    return await readOwnManifest(set, context);
  } catch (error) {
    if (error instanceof DoppelError && UNUSABLE.test(error.code)) return undefined;
    throw error;
  }
}

/** Of the target's own, beside which there is a copy. */
const UNUSABLE = /^(format\.bad-manifest|volume\.damaged|storage\.not-found|openpgp\..*)$/;

/** The archive directory's copy; an absent one is a bad one. @throws format.bad-manifest, volume.damaged */
export function readCopy(local: string, set: BackupSet, context: ReadContext): Promise<Manifest> {
  const what = `${join(context.deps.archiveDir, local)} (without this copy the target's own is read)`;
  return parsed(() => openLocal(local, context), what, set);
}

/** The target's own. @throws format.bad-manifest, volume.damaged, openpgp.*, storage.* */
export function readOwnManifest(set: BackupSet, context: ReadContext): Promise<Manifest> {
  const name = set.manifest ?? manifestName(set.id, set.encoding, context.prefixes);
  return parsed(() => fetchMetadata(name, context, MANIFEST_MEMORY), name, set);
}

async function parsed(open: () => Promise<Metadata | undefined>, name: string, { volumes }: BackupSet): Promise<Manifest> {
  const parser = new ManifestParser({ volumes: volumes.size });
  try {
    await using found = await open();
    if (found) for await (const chunk of found.bytes()) parser.update(chunk);
    return parser.finish();
  } catch (error) {
    if (!isDoppelError(error, "format.bad-manifest")) throw error;
    throw new DoppelError("format.bad-manifest", `${name}: ${error.message}`, error.data, error);
  }
}
