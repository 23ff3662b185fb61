import { createHash } from "node:crypto";
import { isDoppelError, type Runtime } from "@doppel/base";
import { type NamePrefixes, parseName, type Receipt } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { ArchiveDir } from "../cache/archive-dir.ts";

/** What a receipt says of the one before it. */
export type ChainLink = Pick<Receipt, "chain" | "previous">;

interface Places {
  readonly prefixes: NamePrefixes;
  readonly storage: Storage;
  /** undefined: it cannot be used. */
  readonly archive: ArchiveDir | undefined;
  readonly runtime: Runtime;
}

/**
 * The newest receipt: as the archive directory remembers it, otherwise as the target has it. Who may only store cannot look
 * there: "unknown".
 * @param own of the set that is being made, which cannot be before itself
 */
export async function previousReceipt(own: string, places: Places): Promise<ChainLink> {
  const remembered = await recall(places);
  if (remembered && remembered.name !== own) return { chain: "continued", previous: remembered };
  try {
    return await newestAt(own, places);
  } catch (error) {
    const { emit, signal } = places.runtime;
    if (signal.aborted) throw error;
    emit({ type: "debug", detail: `the receipt before this one could not be read: ${String(error)}` });
    return { chain: "unknown" };
  }
}

/** So that the next one knows it without asking the target. @throws archive-dir.unusable */
export async function remember(name: string, bytes: Uint8Array, { archive, prefixes, runtime }: Places): Promise<void> {
  const line = Buffer.from(`${JSON.stringify({ name, sha256: sha256(bytes) })}\n`);
  await archive?.write(memoryName(prefixes), one(line), runtime.random);
}

/** Means nothing to stock, and is no temporary file of ours. */
function memoryName({ all, manifest }: NamePrefixes): string {
  return `${all}${manifest}last-receipt.json`;
}

async function recall({ archive, prefixes }: Places): Promise<NonNullable<Receipt["previous"]> | undefined> {
  try {
    const bytes = await archive?.read(memoryName(prefixes));
    if (!bytes) return undefined;
    const { name, sha256 } = JSON.parse(Buffer.from(bytes).toString()) as Readonly<Record<string, unknown>>;
    if (typeof name !== "string" || parseName(name, prefixes)?.role !== "receipt") return undefined;
    return typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) ? { name, sha256 } : undefined;
  } catch (error) {
    // Nothing depends on it: the target is asked instead.
    if (error instanceof SyntaxError || error instanceof TypeError || isDoppelError(error, "archive-dir.unusable"))
      return undefined;
    throw error;
  }
}

async function newestAt(own: string, { storage, prefixes, runtime: { signal } }: Places): Promise<ChainLink> {
  let newest: { readonly name: string; readonly end: number } | undefined;
  for await (const { name } of storage.list(`${prefixes.all}${prefixes.manifest}duplicity-`, signal)) {
    const object = parseName(name, prefixes);
    if (object?.role !== "receipt" || name === own) continue;
    const end = object.set.end.getTime();
    if (!newest || end > newest.end) newest = { name, end };
  }
  if (!newest) return { chain: "first" };
  const hash = createHash("sha256");
  for await (const chunk of storage.get(newest.name, undefined, signal)) hash.update(chunk);
  return { chain: "continued", previous: { name: newest.name, sha256: hash.digest("hex") } };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function* one(bytes: Uint8Array) {
  yield bytes;
}
