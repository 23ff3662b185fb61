import { createHash, sign } from "node:crypto";
import { formatReceipt, type Receipt, receiptHash, receiptSignature } from "@doppel/format";
import type { ReceiptSigner } from "./keys.ts";

/** A receipt as it is stored: with its hash, and the signature of who signs. */
export function sealReceipt(receipt: Receipt, signer?: ReceiptSigner): Uint8Array {
  const body = formatReceipt(receipt);
  const hash = receiptHash(createHash("sha256").update(body).digest());
  const hashed = Buffer.concat([body, hash]);
  return signer ? Buffer.concat([hashed, receiptSignature(sign(null, hashed, signer.privateKey))]) : hashed;
}
