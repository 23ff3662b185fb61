import { DoppelError } from "@doppel/base";
import type { BackupSet, IndexContents } from "@doppel/format";
import type { ReadContext } from "../context.ts";
import type { Target } from "../target.ts";
import { type IndexFile, openIndex } from "./index-file.ts";

const UNUSABLE: ReadonlySet<string> = new Set([
  "format.bad-index",
  "volume.damaged",
  "openpgp.no-secret-key",
  "storage.not-found",
]);

/**
 * The index of a set, and what `use` makes of it; undefined when the set has none that can be used, of which `onUnusable` is
 * told. From then on no other object of the set needs a key that has to be asked for. @throws openpgp.*, storage.*
 */
export async function withIndex<T>(
  set: BackupSet,
  { sizes }: Pick<Target, "sizes">,
  context: ReadContext,
  use: (index: IndexFile) => Promise<T>,
  onUnusable: (error: DoppelError) => void,
): Promise<T | undefined> {
  const size = set.index === undefined ? undefined : sizes.get(set.index);
  if (set.index === undefined || size === undefined) return undefined;
  try {
    const index = await openIndex(set.index, set, size, context);
    learnKeys(set, index.contents, context);
    return await use(index);
  } catch (error) {
    // A key that does not fit may be the damage of this one object: if it is not, the manifest tells so next.
    if (!isUnusable(error)) throw error;
    onUnusable(error);
    return undefined;
  }
}

/** Whether what an error says of an index leaves other ways to know what it holds. */
export function isUnusable(error: unknown): error is DoppelError {
  return error instanceof DoppelError && UNUSABLE.has(error.code);
}

function learnKeys(set: BackupSet, { volumes, keys }: IndexContents, { sessionKeys }: ReadContext): void {
  const learn = (name: string | undefined, cipher: number, key: Uint8Array): void => {
    if (name !== undefined) sessionKeys.set(name, { cipher, key });
  };
  for (const { object, cipher, sessionKey } of keys) learn(set[object], cipher, sessionKey);
  for (const { number, layout } of volumes.values())
    if (layout.encoding === "gpg") learn(set.volumes.get(number), layout.cipher, layout.sessionKey);
}
