import { isDoppelError } from "@doppel/base";
import { type BackupSet, type Manifest, ManifestParser, manifestName, type NamePrefixes, parseManifest } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { ArchiveDir } from "../cache/archive-dir.ts";
import { encodingOf } from "../read/fetch.ts";

export interface ManifestPlaces {
  readonly storage: Storage;
  readonly archiveDir: string;
  readonly prefixes: NamePrefixes;
  readonly signal: AbortSignal;
}

/**
 * A set's manifest as far as no key is needed: the archive directory's copy, otherwise the target's own when it is not
 * encrypted. Undefined when it is; `damaged` when the target's is not one.
 * @throws what the storage throws
 */
export async function knownManifest(set: BackupSet, places: ManifestPlaces): Promise<Manifest | "damaged" | undefined> {
  return (await localManifest(set, places)) ?? plainManifest(set, places);
}

/** Of a copy that cannot be understood, the target's own tells more. */
async function localManifest(set: BackupSet, { archiveDir, prefixes }: ManifestPlaces): Promise<Manifest | undefined> {
  const bytes = await new ArchiveDir(archiveDir).read(manifestName(set.id, "plain", prefixes));
  try {
    return bytes && parseManifest(bytes);
  } catch (error) {
    if (isDoppelError(error, "format.bad-manifest")) return undefined;
    throw error;
  }
}

async function plainManifest(
  { manifest, volumes }: BackupSet,
  { storage, signal }: ManifestPlaces,
): Promise<Manifest | "damaged" | undefined> {
  if (manifest === undefined || encodingOf(manifest) !== "plain") return undefined;
  const parser = new ManifestParser({ volumes: volumes.size });
  try {
    for await (const chunk of storage.get(manifest, undefined, signal)) parser.update(chunk);
    return parser.finish();
  } catch (error) {
    if (isDoppelError(error, "format.bad-manifest")) return "damaged";
    if (isDoppelError(error, "storage.not-found")) return undefined; // gone since it was listed
    throw error;
  }
}
