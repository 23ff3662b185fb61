import { concatBytes } from "@doppel/base";
import type { SetId } from "../names.ts";
import { formatTime } from "../time.ts";
import type { FolderCounts, Receipt, ReceiptObject } from "./receipt.ts";

export const RECEIPT_VERSION = 1;

/** More, and it is none: 200,000 objects, whose receipt is read by those whom nobody can trust. */
export const MAX_RECEIPT_BYTES = 64 << 20;

/** Characters that become bytes together: a hundred thousand lines would be held twice as text before. */
const AT_ONCE = 1 << 16;

/*
 * A receipt is JSON, a line an item, in UTF-8: `head` shows what matters, `grep` finds an object, and
 * `head -n -1 RECEIPT | sha256sum` shows whether it is whole (FORMAT.md, "Receipt").
 */

/** All but its last line or two: those are {@link receiptHash} over these bytes, and {@link receiptSignature}. */
export function formatReceipt(receipt: Receipt): Uint8Array {
  const { set, host, program, started, finished, encryption, counts, notices, chain, previous, folders, objects } = receipt;
  const head = { receipt: RECEIPT_VERSION, ...setFields(set), host, program, started, finished };
  const { kind, ...keys } = encryption;
  const small: readonly object[] = [
    head,
    { encryption: kind, ...keys },
    { counts },
    { notices },
    { chain, ...(previous && { previous }) },
  ];
  const chunks: Uint8Array[] = [];
  let text = "";
  const add = (line: object): void => {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < AT_ONCE) return;
    chunks.push(Buffer.from(text));
    text = "";
  };
  for (const line of small) add(line);
  for (const folder of folders) add(folderFields(folder));
  for (const object of objects) add(objectFields(object));
  return concatBytes([...chunks, Buffer.from(text)]);
}

/** The line behind them. @param sha256 32 bytes */
export function receiptHash(sha256: Uint8Array): Uint8Array {
  return Buffer.from(`${JSON.stringify({ sha256: Buffer.from(sha256).toString("hex") })}\n`);
}

/** The last line, if somebody signs. @param ed25519 64 bytes, over everything before this line */
export function receiptSignature(ed25519: Uint8Array): Uint8Array {
  return Buffer.from(`${JSON.stringify({ ed25519: Buffer.from(ed25519).toString("base64") })}\n`);
}

function setFields({ kind, start, end }: SetId): object {
  return kind === "full" ? { kind, time: formatTime(end) } : { kind, start: formatTime(start), end: formatTime(end) };
}

function folderFields({ name, ...rest }: FolderCounts): object {
  return { folder: name, ...rest };
}

function objectFields({ name, ...rest }: ReceiptObject): object {
  return { object: name, ...rest };
}
