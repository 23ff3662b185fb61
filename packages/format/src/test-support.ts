import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BytePath, DoppelError, type EntryType, type PathEntry, pathFromText } from "@doppel/base";
import fc from "fast-check";
import { tarPadding } from "./tar/header.ts";

/** For tests only. */
export function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

/** An entry with the times and owners of the specification's Appendix B.1. */
export function entry(path: string, type: EntryType = "file", more: Partial<PathEntry> = {}): PathEntry {
  const mode = type === "dir" ? 0o755 : 0o644;
  return { path: pathFromText(path), type, mode, uid: 0, gid: 0, uname: "", gname: "", mtime: 1_600_000_000, size: 0, ...more };
}

export function padded(content: Uint8Array): Uint8Array {
  return Buffer.concat([content, Buffer.alloc(tarPadding(content.length))]);
}

/** The error's code, or a failed test. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DoppelError) return error.code;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** `bytes` in pieces that end at `cuts` (fractions of the whole). */
export function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

export function singles(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
}

/** Items of a reader with neighbouring data joined, so that they do not depend on the chunks. */
export function joined<Item extends { readonly type: string }>(items: readonly Item[]): unknown[] {
  const out: unknown[] = [];
  let data: Buffer | undefined;
  for (const item of items) {
    if (item.type === "data") {
      data = Buffer.concat([data ?? Buffer.alloc(0), (item as unknown as { bytes: Uint8Array }).bytes]);
      continue;
    }
    if (data !== undefined) out.push(data.toString("latin1"));
    data = undefined;
    out.push(item);
  }
  if (data !== undefined) out.push(data.toString("latin1"));
  return out;
}

/** Cuts for {@link pieces}. */
export const cutsArbitrary = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

const STOCK = new URL("../../../fixtures/stock/", import.meta.url).pathname;

/** The backup folder of a fixture that stock duplicity wrote. */
export function stockFixture(set: string): ReadonlyMap<string, Buffer> {
  const folder = join(STOCK, set, "backup");
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** What restoring point `n` of a fixture must give. */
export function stockExpectation(set: string, n: number): readonly ExpectedEntry[] {
  const text = readFileSync(join(STOCK, set, "expect", `${n}.json`), "utf8");
  return (JSON.parse(text) as { entries: ExpectedEntry[] }).entries;
}

export interface ExpectedEntry {
  readonly path?: string;
  readonly path_hex?: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly target?: string;
}

export function expectedPath({ path, path_hex: hex }: ExpectedEntry): BytePath {
  if (path === undefined) return Buffer.from(hex!, "hex").toString("latin1") as BytePath;
  return path === "." ? ("" as BytePath) : pathFromText(path);
}
