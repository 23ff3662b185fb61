import { DoppelError, payloadOf, type Runtime } from "@doppel/base";
import { type NamePrefixes, receiptName, type SetId } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { ArchiveDir } from "../cache/archive-dir.ts";
import type { Notice } from "../read/left-out.ts";
import type { ReceiptSigner } from "./keys.ts";
import { previousReceipt, remember } from "./previous.ts";
import { sealReceipt } from "./seal-receipt.ts";
import type { RunFacts, SetReceipt } from "./set-receipt.ts";

interface ReceiptToStore {
  readonly set: SetId;
  readonly receipt: SetReceipt;
  readonly facts: RunFacts;
  readonly signer: ReceiptSigner | undefined;
  readonly archive: ArchiveDir | undefined;
  readonly prefixes: NamePrefixes;
  readonly storage: Storage;
  readonly runtime: Runtime;
}

/** Stores the receipt, last of all. The backup is complete without it; when it cannot be stored, that is noticed. */
export async function storeReceipt(
  { set, receipt, facts, signer, ...places }: ReceiptToStore,
  notice: (notice: Notice) => void,
): Promise<{ readonly name: string; readonly bytes: number } | undefined> {
  const { prefixes, storage, runtime } = places;
  const name = receiptName(set, prefixes);
  try {
    const bytes = sealReceipt(receipt.finish(facts, await previousReceipt(name, places)), signer);
    await storage.put(name, payloadOf(bytes), runtime.signal);
    runtime.emit({ type: "object.stored", name, size: bytes.length });
    await remember(name, bytes, places).catch((error: unknown) => {
      runtime.emit({ type: "debug", detail: `the receipt is not remembered: ${String(error)}` });
    });
    return { name, bytes: bytes.length };
  } catch (error) {
    if (!(error instanceof DoppelError) || runtime.signal.aborted) throw error;
    const detail = `the backup is complete, but its receipt could not be stored: ${error.message}. Who has no key cannot tell whether it stays whole`;
    notice({ reason: "metadata", incomplete: true, detail });
    return undefined;
  }
}
