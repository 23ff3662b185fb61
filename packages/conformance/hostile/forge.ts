import { createHash, createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Forged, SET_TIME, tarEntry, volumeBlock } from "../badinput/forged-set.ts";

/** The time of the increment that {@link forgeIncrement} makes over the set of `forgeSet`. */
const INC_TIME = "20260102T000000Z";
const SPAN = `${SET_TIME}.to.${INC_TIME}`;

/** A plain increment, right about its volumes. */
export function forgeIncrement(target: string, volumes: readonly Uint8Array[]): void {
  mkdirSync(target, { recursive: true });
  for (const [index, bytes] of volumes.entries())
    writeFileSync(join(target, `duplicity-inc.${SPAN}.vol${index + 1}.difftar`), bytes);
  const blocks = volumes.map((bytes, index) => volumeBlock(index + 1, bytes)).join("");
  writeFileSync(join(target, `duplicity-inc.${SPAN}.manifest`), `Hostname forged\nLocaldir /forged\n${blocks}`);
}

/** Deltas of librsync. */
export const DELTA = {
  magic: Buffer.of(0x72, 0x73, 2, 0x36),
  end: Buffer.of(0),
  literal: (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]),
  /** A literal that says how long it is in eight bytes. */
  literalOf: (length: bigint): Buffer => Buffer.concat([Buffer.of(0x44), eight(length)]),
  copy: (offset: bigint, length: bigint): Buffer => Buffer.concat([Buffer.of(0x54), eight(offset), eight(length)]),
};

/** `diff/` with these commands; complete when `parts` end with DELTA.end. */
export function delta(path: string, ...parts: readonly Buffer[]): Forged {
  return { name: `diff/${path}`, content: Buffer.concat([DELTA.magic, ...parts]) };
}

function eight(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  return bytes;
}

/** A pax header for the entry behind it, with lengths that are right. Values are raw bytes, one char each. */
export function pax(records: Readonly<Record<string, string>>, type = "x"): Forged {
  const content = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length) length++;
    return `${length}${rest}`;
  });
  return { name: "././@PaxHeader", type, content: Buffer.from(content.join(""), "latin1") };
}

/** A line of an index that tells where `entry` is, and what content it must have. */
export interface IndexLine {
  readonly path: string;
  readonly kind?: "s" | "d" | "x";
  readonly type: "f" | "d" | "l" | "c";
  readonly target?: string | readonly number[];
  readonly content?: string;
  readonly mode?: number;
  readonly offset: number;
}

/** The index of the set that `forgeSet` makes of one volume of this size; `change` alters one of the lines of its contents. */
export function forgeIndex(
  target: string,
  tarBytes: number,
  lines: readonly IndexLine[],
  change: (line: Record<string, unknown>) => Record<string, unknown> = (line) => line,
): void {
  const json = (value: unknown): string => `${JSON.stringify(value)}\n`;
  const head = json({ index: 2, kind: "full", time: SET_TIME, columns: [] });
  const entries = lines.map((line) => json(row(line))).join("");
  const block = { block: head.length, from: lines[0]?.path ?? "", sha256: sha256(entries) };
  const volume = { volume: 1, encoding: "plain", tarBytes, pieceBytes: 1 << 20, pieces: [tarBytes] };
  const contents = json(change(volume)) + json(change(block));
  const before = head.length + entries.length;
  const end = change({
    end: true,
    index: 2,
    set: { kind: "full", time: SET_TIME },
    entries: lines.length,
    volumes: 1,
    blocks: 1,
    contents: before,
    pieceBytes: 65536,
    pieces: [],
    headerBytes: 0,
    literalStart: 0,
    literalBits: 0,
    compressed: false,
  });
  const last = JSON.stringify(end).slice(0, -1);
  const bytes = before + contents.length + last.length + 25 + 54;
  const sealed = `${contents}${last},"bytes":${String(bytes).padStart(16)}`;
  const mac = createHmac("sha256", "").update(sealed, "latin1").digest("base64url");
  const text = `${head}${entries}${sealed},"mac":"${mac}"}\n`;
  writeFileSync(join(target, `duplicity-full.${SET_TIME}.index`), text, "latin1");
}

function row({ path, kind = "s", type, target = null as never, content, mode, offset }: IndexLine): unknown[] {
  const digest = content === undefined ? null : sha256(content);
  const attributes = [mode ?? (type === "d" ? 0o755 : 0o644), 0, 0, "", "", 1_600_000_000, content?.length ?? 0];
  return [path, kind, type, ...attributes, target, digest, 1, offset];
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("base64url");
}

/** Entries with where each begins; what a later test puts into an index. */
export function laidOut(entries: readonly Forged[]): { readonly bytes: Buffer; readonly offsets: readonly number[] } {
  const parts = entries.map(tarEntry);
  let at = 0;
  const offsets = parts.map((part) => (at += part.length) - part.length);
  return { bytes: Buffer.concat([...parts, Buffer.alloc(1024)]), offsets };
}
