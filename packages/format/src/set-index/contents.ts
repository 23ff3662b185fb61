import type { BytePath } from "@doppel/base";
import { EntryOrder } from "../entry-name.ts";
import { BadRecord, type Line, parseEnd, parseEntry } from "./parse-record.ts";
import { badIndex, contentsItem } from "./reader.ts";
import type { IndexBlock, IndexContents, IndexedEntry, IndexedVolume, IndexEnd, ObjectKey } from "./records.ts";
import { SEAL, SEAL_BYTES } from "./write.ts";

/*
 * An index that is not read from its beginning: its end, then its contents, then the blocks that are wanted. None of this
 * proves anything: whoever reads so compares the seal and the digests (FORMAT.md, "Index").
 */

/** The last line, sought in bytes that lie at the end of an index; undefined when it is not there as a whole. */
export function findIndexEnd(tail: Uint8Array): IndexEnd | undefined {
  const text = latin1(tail);
  const from = text.lastIndexOf('{"end":true,');
  const to = text.indexOf("\n", from);
  if (from < 0 || to < 0) return undefined;
  try {
    return parseEnd(JSON.parse(text.slice(from, to)) as Line);
  } catch (error) {
    if (error instanceof BadRecord || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `bytes` from the contents to the last line feed: how many of them are sealed, and by what (base64url). @throws format.bad-index */
export function sealOf(bytes: Uint8Array): { readonly sealed: number; readonly mac: string } {
  const sealed = bytes.length - SEAL_BYTES;
  const seal = latin1(bytes.subarray(Math.max(0, sealed)));
  if (!seal.startsWith(SEAL) || !seal.endsWith('"}\n')) throw badIndex("it has no seal");
  return { sealed, mac: seal.slice(SEAL.length, -3) };
}

/** The contents, whose last line is the end. @throws format.bad-index */
export function parseContents(bytes: Uint8Array, end: IndexEnd): IndexContents {
  const blocks: IndexBlock[] = [];
  const volumes = new Map<number, IndexedVolume>();
  const keys: ObjectKey[] = [];
  for (const line of linesOf(bytes)) {
    const item = told(() => contentsItem(line as Line));
    if (item.type === "block") blocks.push(item.record);
    else if (item.type === "volume") volumes.set(item.record.number, item.record);
    else if (item.type === "key") keys.push(item.record);
  }
  const ascend = blocks.every(({ offset }, i) => offset < (blocks[i + 1]?.offset ?? end.contents));
  if (!ascend || blocks.length !== end.blocks || volumes.size !== end.volumes) throw badIndex("its contents contradict its end");
  return { blocks, volumes, keys };
}

/** The entries of one or more blocks. @throws format.bad-index */
export function parseBlocks(bytes: Uint8Array): readonly IndexedEntry[] {
  const order = new EntryOrder();
  return linesOf(bytes).map((line) =>
    told(() => {
      if (!Array.isArray(line)) throw new BadRecord("something else among entries");
      const record = parseEntry(line);
      const problem = order.check(record.entry.path);
      if (problem !== undefined) throw new BadRecord(problem);
      return record;
    }),
  );
}

/** From which block on, up to which (exclusive), entries can be at which `compare` is 0; it is below 0 for those before. */
export function blocksFor(blocks: readonly IndexBlock[], compare: (path: BytePath) => number): { first: number; end: number } {
  const beyond = blocks.findIndex(({ from }) => compare(from) > 0);
  const end = beyond < 0 ? blocks.length : beyond;
  const first = blocks.slice(0, end).findLastIndex(({ from }) => compare(from) < 0);
  return { first: Math.max(0, first), end };
}

function linesOf(bytes: Uint8Array): readonly unknown[] {
  return told(() => {
    const lines = latin1(bytes).split("\n");
    if (lines.pop() !== "") throw new BadRecord("it is cut off");
    return lines.map((line) => JSON.parse(line) as unknown);
  });
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BadRecord || error instanceof SyntaxError || error instanceof TypeError) throw badIndex(error.message);
    throw error;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
