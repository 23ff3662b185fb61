import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { type ByteStream, DoppelError, isDoppelError } from "@doppel/base";
import { type BackupSet, type Manifest, ManifestParser, manifestName, parseManifest } from "@doppel/format";
import { ArchiveDir } from "../cache/archive-dir.ts";
import type { ReadContext } from "./context.ts";
import { fetchObject } from "./fetch.ts";
import { authenticate, unseal } from "./unseal.ts";

/** A set's manifest: the archive directory's plain copy when there is one, otherwise fetched and decrypted. */
export async function readManifest(set: BackupSet, context: ReadContext): Promise<Manifest> {
  const name = set.manifest ?? manifestName(set.id, set.encoding, context.prefixes);
  const parser = new ManifestParser();
  const local = manifestName(set.id, "plain", context.prefixes);
  try {
    for await (const chunk of metadata(local, name, context)) parser.update(chunk);
    return parser.finish();
  } catch (error) {
    if (!isDoppelError(error, "format.bad-manifest")) throw error;
    const copy = join(context.deps.archiveDir, local);
    const where = existsSync(copy) ? `${copy} (without this copy the target's own is read)` : name;
    throw new DoppelError("format.bad-manifest", `${where}: ${error.message}`, error.data, error);
  }
}

/** The archive directory's copy of a set's manifest; undefined when it has none, or none that can be read. */
export async function readLocalManifest(set: BackupSet, { deps, prefixes }: ReadContext): Promise<Manifest | undefined> {
  const bytes = await new ArchiveDir(deps.archiveDir).read(manifestName(set.id, "plain", prefixes));
  try {
    return bytes && parseManifest(bytes);
  } catch (error) {
    if (isDoppelError(error, "format.bad-manifest")) return undefined;
    throw error;
  }
}

async function* metadata(local: string, remote: string, context: ReadContext): ByteStream {
  const { deps, runtime } = context;
  const copy = join(deps.archiveDir, local);
  if (existsSync(copy)) {
    runtime.emit({ type: "debug", detail: `reading ${local} from the archive directory` });
    yield* unseal({ size: 0, open: () => createReadStream(copy) }, context.unsealing(local));
    return;
  }
  await using spool = await fetchObject(remote, context);
  const options = context.unsealing(remote);
  await authenticate(spool, options);
  yield* unseal(spool, options);
}
