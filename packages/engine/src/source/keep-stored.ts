import { createReadStream } from "node:fs";
import { type BytePath, comparePaths, DoppelError, displayPath, isWithin, type PathEntry } from "@doppel/base";
import { type SigtarItem, SigtarReader, sigtarDeletedHeader, sigtarHeader, tarPadding } from "@doppel/format";
import type { SourceEntry } from "@doppel/tree";
import type { CutFile, SourceResume } from "../workers/protocol.ts";
import type { Batcher } from "./batcher.ts";
import { Refused, refuseUnless } from "./cut-file.ts";
import type { OldEntry, OldState } from "./old-state.ts";

/** What is left to do behind the volumes of an interrupted run. */
export interface KeptStored {
  /** The part of a walk that is still to be stored, or to be signed. @throws Refused */
  rest(entries: Iterable<SourceEntry>): Iterable<SourceEntry>;
  readonly resuming: { readonly path: BytePath; readonly cut?: CutFile; readonly known: OldEntry | undefined };
}

type Kind = "signature" | "snapshot" | "deleted";

/**
 * Passes on the signatures of what the volumes of an interrupted run hold, as that run made them: so they describe what is
 * stored, whatever has become of the source. An increment that follows finds every change since.
 *
 * Stock's signatures end somewhere before the end of its volumes. What they lack is signed from the source as it is now, under
 * the condition that it is older than the run, and so is every directory on the way: then nothing came, went or changed.
 */
export async function keepStored(resume: SourceResume, batcher: Batcher, old: OldState | undefined): Promise<KeptStored> {
  const { after, cut, signatures } = resume;
  const exact = signatures?.bytes !== undefined;
  const seen = new Recorded(after, batcher, old);
  await seen.start();
  if (signatures?.bytes !== undefined) await passOn(signatures.file, signatures.bytes, batcher, seen);
  else if (signatures) await passOnSound(signatures.file, resume, batcher, seen);
  const isKept = (path: BytePath): boolean => {
    if (!exact) return seen.last !== undefined && comparePaths(path, seen.last) <= 0;
    const order = comparePaths(path, after);
    return order < 0 || (order === 0 && !cut);
  };
  const known = await seen.skipKnown(isKept);
  batcher.holdBack(after, !cut);
  return {
    *rest(entries) {
      let metCut = false;
      for (const entry of entries) {
        const { path } = entry;
        if (!exact && comparePaths(path, after) <= 0) refuseIfNewer(entry, seen.last, resume);
        if (isKept(path)) {
          // Which of an increment's files its volumes hold could be told from the signatures; nobody needs it so exactly.
          batcher.count(entry, entry.size, old ? undefined : entry.size);
          continue;
        }
        // What was stored as something else than a directory can have nothing in it.
        if (seen.notDirectory !== undefined && path !== after && isWithin(path, seen.notDirectory)) continue;
        metCut ||= path === after;
        if (cut && !metCut && comparePaths(path, after) > 0) break;
        yield entry;
      }
      if (cut) refuseUnless(metCut, displayPath(after), "is gone");
    },
    resuming: { path: after, ...(cut && { cut }), known },
  };
}

/** What is not known from signatures must be older than the run, and so must the directories that the rest of it lies in. */
function refuseIfNewer(entry: SourceEntry, last: BytePath | undefined, { begun }: SourceResume): void {
  const { path, type, mtime } = entry;
  const covered = last !== undefined && comparePaths(path, last) <= 0;
  if (covered && !(type === "dir" && isWithin(last, path))) return;
  if (mtime >= begun) throw new Refused(`${displayPath(path)} may have changed since it was stored`);
}

/** Takes note of what the signatures tell, entry by entry. */
class Recorded {
  readonly #after: BytePath;
  readonly #batcher: Batcher;
  readonly #old: OldState | undefined;
  #known: OldEntry | undefined;
  last: BytePath | undefined;
  /** The path on the way to the last stored one, or itself, that was stored as a file, a link or as gone. */
  notDirectory: BytePath | undefined;

  constructor(after: BytePath, batcher: Batcher, old: OldState | undefined) {
    this.#after = after;
    this.#batcher = batcher;
    this.#old = old;
  }

  async start(): Promise<void> {
    this.#known = await this.#old?.next();
  }

  async add(kind: Kind, { path, type }: PathEntry): Promise<void> {
    this.last = path;
    const { counts } = this.#batcher;
    await this.skipKnown((known) => comparePaths(known, path) < 0);
    const before = this.#known?.entry.path === path ? this.#known : undefined;
    if (kind === "deleted") counts.deleted++;
    else if (kind === "signature" && before?.isFile) counts.changed++;
    else counts.new++;
    if (kind === "signature") this.#batcher.kept({ kind: before?.isFile ? "changed" : "new", path });
    else if (before?.isFile) this.#batcher.kept({ kind: "deleted", path });
    const isDirectory = kind === "snapshot" && type === "dir";
    if (!isDirectory && isWithin(this.#after, path)) this.notDirectory ??= path;
  }

  /** The first object of the chain for which `test` does not hold. */
  async skipKnown(test: (path: BytePath) => boolean): Promise<OldEntry | undefined> {
    while (this.#known && test(this.#known.entry.path)) this.#known = await this.#old?.next();
    return this.#known;
  }
}

/** Ours: exactly so many bytes, as they are. */
async function passOn(file: string, bytes: number, batcher: Batcher, seen: Recorded): Promise<void> {
  if (bytes === 0) return;
  const reader = new SigtarReader({ name: file });
  for await (const chunk of createReadStream(file, { end: bytes - 1 })) {
    batcher.appendSignature(new Uint8Array(chunk as Buffer));
    for (const item of reader.update(chunk as Buffer)) if (item.type === "entry") await seen.add(item.kind, item.entry);
  }
}

/** Stock's: the entries that are whole and lie in the volumes, in our dialect. */
async function passOnSound(file: string, resume: SourceResume, batcher: Batcher, seen: Recorded): Promise<void> {
  let left = await countSound(file, resume);
  let padding = 0;
  for await (const item of soundItems(file)) {
    if (left === 0) return;
    if (item.type === "entry") {
      padding = item.kind === "signature" ? tarPadding(item.entry.size) : 0;
      batcher.appendSignature(headerOf(item.kind, item.entry));
      await seen.add(item.kind, item.entry);
    } else if (item.type === "data") batcher.appendSignature(new Uint8Array(item.bytes));
    else {
      if (padding > 0) batcher.appendSignature(new Uint8Array(padding));
      left--;
    }
  }
}

function headerOf(kind: Kind, entry: PathEntry): Uint8Array {
  return kind === "deleted" ? sigtarDeletedHeader(entry.path) : sigtarHeader(entry, entry.size);
}

async function countSound(file: string, { after, cut }: SourceResume): Promise<number> {
  let count = 0;
  for await (const item of soundItems(file)) {
    if (item.type === "entry" && comparePaths(item.entry.path, after) > (cut ? -1 : 0)) break;
    if (item.type === "end") count++;
  }
  return count;
}

/** Up to where the archive breaks off. */
async function* soundItems(file: string): AsyncGenerator<SigtarItem> {
  const reader = new SigtarReader({ name: file });
  for await (const chunk of createReadStream(file)) {
    let items: SigtarItem[];
    try {
      items = reader.update(chunk as Buffer);
    } catch (error) {
      if (error instanceof DoppelError) return;
      throw error;
    }
    yield* items;
  }
}
