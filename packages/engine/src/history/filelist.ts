import { DoppelError, isDoppelError } from "@doppel/base";
import { type BackupSet, type Change, ManifestParser, manifestName } from "@doppel/format";
import type { ReadContext } from "../read/context.ts";
import { openMetadata } from "../read/open-metadata.ts";

const MANIFEST_MEMORY = 4 << 20;

/**
 * What a set's manifest says it did to regular files, as it is read. Nothing when nothing changed, and also when the
 * manifest has no such list (duplicity before 0.7.03, `--no-files-changed`, `replicate`).
 * @throws format.bad-manifest, storage.*, openpgp.*
 */
export async function* filelist(set: BackupSet, context: ReadContext): AsyncGenerator<readonly Change[]> {
  const local = manifestName(set.id, "plain", context.prefixes);
  await using manifest = await openMetadata(local, set.manifest, context, MANIFEST_MEMORY);
  if (!manifest) return;
  let changes: Change[] = [];
  const parser = new ManifestParser({ onChange: (change) => changes.push(change), volumes: set.volumes.size });
  try {
    for await (const chunk of manifest.bytes()) {
      context.runtime.signal.throwIfAborted();
      parser.update(chunk);
      if (changes.length === 0) continue;
      yield changes;
      changes = [];
    }
    parser.finish();
    if (changes.length > 0) yield changes;
  } catch (error) {
    if (!isDoppelError(error, "format.bad-manifest")) throw error;
    throw new DoppelError("format.bad-manifest", `${manifest.name}: ${error.message}`, error.data, error);
  }
}
