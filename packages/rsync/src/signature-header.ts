import { DoppelError } from "@doppel/base";
import { MAX_BLOCK_LENGTH, rowOfMagic, SIGNATURE_HEADER_LENGTH, type SignatureFormat } from "./formats.ts";

/** What the first twelve bytes of a signature say. */
export interface SignatureHeader {
  readonly format: SignatureFormat;
  readonly blockLength: number;
  readonly strongLength: number;
}

/** @param bytes the first twelve of a signature. @throws rsync.bad-signature for an unknown magic or impossible lengths. */
export function readSignatureHeader(bytes: Uint8Array): SignatureHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIGNATURE_HEADER_LENGTH);
  const magic = view.getUint32(0);
  const blockLength = view.getUint32(4);
  const strongLength = view.getUint32(8);
  const row = rowOfMagic(magic);
  if (row === undefined) throw badSignature(`its magic number 0x${magic.toString(16).padStart(8, "0")} is unknown`, 0);
  if (blockLength < 1 || blockLength > MAX_BLOCK_LENGTH) {
    throw badSignature(`its block length ${blockLength} is not within 1 to ${MAX_BLOCK_LENGTH}`, 4);
  }
  if (strongLength < 1 || strongLength > row.maxStrongLength) {
    throw badSignature(`its strong sum length ${strongLength} is not within 1 to ${row.maxStrongLength}`, 8);
  }
  return { format: row.format, blockLength, strongLength };
}

/** @param offset where in the signature */
export function badSignature(reason: string, offset: number): DoppelError<"rsync.bad-signature"> {
  return new DoppelError("rsync.bad-signature", `The signature cannot be used: ${reason}.`, { reason, offset });
}
