import { createHash, type KeyObject, verify } from "node:crypto";
import { isDoppelError } from "@doppel/base";
import { type BackupSet, type Collection, MAX_RECEIPT_BYTES, parseReceipt, type Receipt } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { receiptPublicKey } from "./keys.ts";

/** A receipt as it lies at the target. */
export interface StoredReceipt {
  readonly name: string;
  /** Of the stored object, bytes. */
  readonly size: number;
  /** Of the stored object, 64 hexadecimal digits: what the next receipt calls it by. */
  readonly sha256: string;
  /** undefined: it cannot be used, and `problem` says why. */
  readonly receipt?: Receipt;
  readonly problem?: string;
  /** "unchecked": it is signed, and nobody said by whom. */
  readonly signature: "none" | "good" | "bad" | "unchecked";
}

/**
 * Reads a receipt and checks its hash, and its signature when somebody says whose it must be. What is wrong with the receipt is told,
 * not thrown; one whose hash or signature is wrong is not used.
 * @param publicKey Ed25519, PEM or read by `receiptPublicKey`
 * @throws storage.*; receipt.bad-key
 */
export async function readReceipt(
  storage: Storage,
  name: string,
  signal?: AbortSignal,
  publicKey?: string | KeyObject,
): Promise<StoredReceipt> {
  const key = typeof publicKey === "string" ? receiptPublicKey(publicKey) : publicKey;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of storage.get(name, undefined, signal)) {
    size += chunk.length;
    if (size > MAX_RECEIPT_BYTES) return { name, size, sha256: "", problem: "it is too large for a receipt", signature: "none" };
    chunks.push(chunk);
  }
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  return { name, size, sha256: sha256(bytes), ...checked(bytes, key) };
}

function checked(bytes: Uint8Array, key: KeyObject | undefined): Pick<StoredReceipt, "receipt" | "problem" | "signature"> {
  try {
    const { receipt, sha256: expected, hashed, signature: given } = parseReceipt(bytes);
    const signed = given && key && verify(null, bytes.subarray(0, given.signed), key, given.ed25519);
    const signature = given === undefined ? "none" : signed === undefined ? "unchecked" : signed ? "good" : "bad";
    if (sha256(bytes.subarray(0, hashed)) !== expected) return { problem: "its hash is not that of its lines", signature };
    if (signature === "bad") return { problem: "its signature is not of the key that was given", signature };
    return { receipt, signature };
  } catch (error) {
    if (!isDoppelError(error, "format.bad-receipt")) throw error;
    return { problem: error.message, signature: "none" };
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A set that has a receipt, with its name. */
export interface SetWithReceipt {
  readonly set: BackupSet;
  readonly name: string;
}

/** All receipts of a target by its names, newest first: also those of sets that are in no chain. */
export function receiptsOf({ chains, incomplete, orphaned, superseded }: Collection): readonly SetWithReceipt[] {
  const inChains = chains.flatMap(({ full, incrementals }) => [full, ...incrementals]);
  return [...inChains, ...incomplete, ...orphaned, ...superseded]
    .flatMap((set) => (set.receipt === undefined ? [] : [{ set, name: set.receipt }]))
    .sort((a, b) => b.set.id.end.getTime() - a.set.id.end.getTime() || (a.name < b.name ? 1 : -1));
}
