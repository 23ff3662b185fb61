import type { StoredReceipt } from "@doppel/engine/internal";
import type { Receipt } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { ReceiptDigest } from "../state/memory.ts";
import type { Expected } from "./damage.ts";

/** Reads one; `publicKey` is PEM. */
export type ReadReceipt = (storage: Storage, name: string, signal?: AbortSignal, publicKey?: string) => Promise<StoredReceipt>;

/** What is remembered of a receipt. */
export function digestOf({ name, size, sha256, receipt, problem, signature }: StoredReceipt, modified?: Date): ReceiptDigest {
  const stored = { name, size, sha256, signature, ...(modified && { modified }) };
  if (receipt === undefined) return { ...stored, problem: problem ?? "it cannot be read" };
  const { encryption, counts, folders, finished, chain, previous } = receipt;
  return {
    ...stored,
    finished,
    encryption: encryption.kind === "keys" ? [...encryption.keyIds] : encryption.kind,
    sourceBytes: counts.sourceBytes,
    storedBytes: counts.storedBytes,
    errors: counts.errors,
    folders: folders.map((folder) => ({ ...folder })),
    chain,
    ...(previous && { previous }),
  };
}

/** The objects that a receipt names: from now on they must not change. */
export function objectsOf({ objects }: Receipt): Expected {
  return Object.fromEntries(objects.map(({ name, size }) => [name, [size, 0] as [number, number]]));
}
