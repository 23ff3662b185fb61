import { DoppelError, type Runtime } from "@doppel/base";
import { indexName, type NamePrefixes, type SetId } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { Notice } from "../read/left-out.ts";
import type { Sealer } from "../seal/sealer.ts";
import type { SetIndex } from "./set-index.ts";
import type { StoredMetadata } from "./store-metadata.ts";

interface IndexToStore {
  readonly set: SetId;
  readonly index: SetIndex;
  readonly sealer: Sealer;
  readonly prefixes: NamePrefixes;
  readonly storage: Storage;
  readonly runtime: Runtime;
}

/**
 * Stores the index, after the manifest: so there is never one beside volumes that it does not know, which another program
 * made when it went on with an interrupted backup. The backup is complete without it; when it cannot be stored, that is noticed.
 */
export async function storeIndex(
  { set, index, sealer, prefixes, storage, runtime }: IndexToStore,
  notice: (notice: Notice) => void,
): Promise<StoredMetadata | undefined> {
  const name = indexName(set, sealer.encoding, prefixes);
  try {
    await using sealed = await index.finish();
    await storage.put(name, sealed.body, runtime.signal);
    runtime.emit({ type: "object.stored", name, size: sealed.body.size });
    return { name, size: sealed.size, sha256: sealed.sha256 };
  } catch (error) {
    if (!(error instanceof DoppelError) || runtime.signal.aborted) throw error;
    const detail = `the backup is complete, but its index could not be stored: ${error.message}. Restoring single files from it works, but takes longer`;
    notice({ reason: "metadata", incomplete: true, detail });
    return undefined;
  }
}
