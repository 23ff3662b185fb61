import { join } from "node:path";
import { DoppelError, isDoppelError } from "@doppel/base";
import { type BackupSet, type Manifest, ManifestParser, manifestName } from "@doppel/format";
import { ArchiveDir } from "../cache/archive-dir.ts";
import type { ReadContext } from "./context.ts";
import { openMetadata } from "./open-metadata.ts";

/** A manifest is small, unless it lists very many files. */
const MANIFEST_MEMORY = 16 << 20;

/** A set's manifest: the archive directory's plain copy when there is one, otherwise fetched and decrypted. */
export async function readManifest(set: BackupSet, context: ReadContext): Promise<Manifest> {
  const name = set.manifest ?? manifestName(set.id, set.encoding, context.prefixes);
  const parser = new ManifestParser({ volumes: set.volumes.size });
  const local = manifestName(set.id, "plain", context.prefixes);
  try {
    await using found = await openMetadata(local, name, context, MANIFEST_MEMORY);
    if (found) for await (const chunk of found.bytes()) parser.update(chunk);
    return parser.finish();
  } catch (error) {
    if (!isDoppelError(error, "format.bad-manifest")) throw error;
    const archive = new ArchiveDir(context.deps.archiveDir);
    const copy = `${join(archive.path, local)} (without this copy the target's own is read)`;
    throw new DoppelError(
      "format.bad-manifest",
      `${(await archive.has(local)) ? copy : name}: ${error.message}`,
      error.data,
      error,
    );
  }
}
