import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One tar entry, right or wrong; what is not given is as it should be. */
export interface Forged {
  readonly name: string;
  readonly type?: string;
  readonly link?: string;
  readonly content?: string | Uint8Array;
  /** What the size field says, as text. */
  readonly size?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly checksum?: number;
  /** What these fields say, as text. */
  readonly mtime?: string;
  readonly device?: readonly [major: string, minor: string];
}

const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, "0");

/** One ustar header with its content, padded. */
export function tarEntry(entry: Forged): Buffer {
  const content = Buffer.from((entry.content ?? "") as string);
  const header = Buffer.alloc(512);
  const put = (text: string, at: number): unknown => header.write(text, at, "latin1");
  put(entry.name, 0);
  put(octal(entry.mode ?? 0o644, 8), 100);
  put(octal(entry.uid ?? 0, 8), 108);
  put(octal(0, 8), 116);
  put(entry.size ?? octal(content.length, 12), 124);
  put(entry.mtime ?? octal(1_600_000_000, 12), 136);
  put("        ", 148);
  put(entry.type ?? "0", 156);
  put(entry.link ?? "", 157);
  put("ustar\u000000", 257);
  if (entry.device) put(`${entry.device[0].padEnd(8, "\0")}${entry.device[1]}`, 329);
  const sum = entry.checksum ?? header.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 7)}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511)]);
}

export function tar(entries: readonly Forged[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), Buffer.alloc(1024)]);
}

export const ROOT: Forged = { name: "snapshot/", type: "5", mode: 0o755 };
export const file = (path: string, content = `${path}\n`): Forged => ({ name: `snapshot/${path}`, content });
export const dir = (path: string): Forged => ({ name: `snapshot/${path}/`, type: "5", mode: 0o755 });
export const symlink = (path: string, link: string): Forged => ({ name: `snapshot/${path}`, type: "2", link });

export const SET_TIME = "20260101T000000Z";
export const volumeName = (number: number | string): string => `duplicity-full.${SET_TIME}.vol${number}.difftar`;
export const MANIFEST = `duplicity-full.${SET_TIME}.manifest`;

/** A plain set of these volumes whose manifest is right about them, so that only the volumes' content can be found wrong. */
export function forgeSet(target: string, volumes: readonly Buffer[], manifest?: (right: string) => string): void {
  mkdirSync(target, { recursive: true });
  for (const [index, bytes] of volumes.entries()) writeFileSync(join(target, volumeName(index + 1)), bytes);
  const right = manifestOf(volumes);
  writeFileSync(join(target, MANIFEST), manifest?.(right) ?? right);
}

function manifestOf(volumes: readonly Buffer[]): string {
  return `Hostname forged\nLocaldir /forged\n${volumes.map((bytes, index) => volumeBlock(index + 1, bytes)).join("")}`;
}

export function volumeBlock(number: number | string, bytes: Uint8Array): string {
  const sha1 = createHash("sha1").update(bytes).digest("hex");
  return `Volume ${number}:\n    StartingPath   .\n    EndingPath     z\n    Hash SHA1 ${sha1}\n`;
}
