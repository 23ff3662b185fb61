import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import { type NamePrefixes, type SetId, volumeName } from "@doppel/format";
import type { Storage } from "@doppel/storage";

/**
 * Makes sure, from one listing, that the target has every volume in its size, before a manifest says so. Where the credentials
 * do not allow listing, the target's word for each volume counts.
 * @throws volume.not-stored
 */
export async function checkStored(
  set: SetId,
  sizes: ReadonlyMap<string, number>,
  { storage, prefixes, runtime }: { readonly storage: Storage; readonly prefixes: NamePrefixes; readonly runtime: Runtime },
): Promise<void> {
  const found = new Map<string, number>();
  try {
    const first = volumeName(set, 1, "plain", prefixes);
    for await (const { name, size } of storage.list(first.slice(0, first.lastIndexOf("1.difftar")), runtime.signal)) {
      found.set(name, size);
    }
  } catch (error) {
    if (!isDoppelError(error, "storage.denied") && !isDoppelError(error, "storage.refused")) throw error;
    runtime.emit({ type: "debug", detail: `the volumes are not looked for again: ${error.message}` });
    return;
  }
  for (const [name, expected] of sizes) {
    const actual = found.get(name);
    if (actual === expected) continue;
    const what = actual === undefined ? "it is not there" : `it has ${actual} bytes there instead of ${expected}`;
    const message = `${storage.label} took ${name}, and now ${what}; the backup is not complete: look at the target, and run it again`;
    throw new DoppelError("volume.not-stored", message, { name, expected, ...(actual !== undefined && { actual }) });
  }
}
