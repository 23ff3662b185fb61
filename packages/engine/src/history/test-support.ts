import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  type BytePath,
  comparePaths,
  concatBytes,
  type PathEntry,
  pathFromText,
  ROOT,
  type RunEvent,
  type Runtime,
} from "@doppel/base";
import {
  END_OF_ARCHIVE,
  formatChange,
  formatFilelistHead,
  formatManifest,
  manifestName,
  NO_PREFIXES,
  type SetId,
  sigtarDeletedHeader,
  sigtarHeader,
  signaturesName,
  tarPadding,
} from "@doppel/format";
import { blockLengthFor, type Rsync, signatureLength } from "@doppel/rsync";
import type { MemoryStorage } from "@doppel/testkit";
import type { ReadDeps } from "../job.ts";

/** A tree as a test has it: every directory is listed, the root too. */
export type Tree = ReadonlyMap<BytePath, Node>;
export interface Node extends PathEntry {
  /** Of files. */
  readonly content?: Uint8Array;
}

const ids = { mode: 0o644, uid: 0, gid: 0, uname: "root", gname: "root", mtime: 1_600_000_000, size: 0 };

export function file(path: string, content: string | Uint8Array, changes: Partial<PathEntry> = {}): Node {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return { ...ids, path: pathFromText(path), type: "file", ...changes, size: bytes.length, content: bytes };
}

export function dir(path: string, changes: Partial<PathEntry> = {}): Node {
  return { ...ids, path: pathFromText(path), type: "dir", mode: 0o755, ...changes };
}

export function link(path: string, target: string, changes: Partial<PathEntry> = {}): Node {
  return { ...ids, path: pathFromText(path), type: "symlink", mode: 0o777, linkTarget: pathFromText(target), ...changes };
}

export function tree(...nodes: readonly Node[]): Tree {
  return new Map([dir(""), ...nodes].map((node) => [node.path, node]));
}

export interface WrittenSet {
  readonly id: SetId;
  readonly tree: Tree;
}

/** Writes what duplicity's specification asks of a set, without its volumes: signatures and a manifest, both plain or gzip. */
export class ModelWriter {
  readonly #storage: MemoryStorage;
  readonly #rsync: Rsync;
  readonly sets: WrittenSet[] = [];

  constructor(storage: MemoryStorage, rsync: Rsync) {
    this.#storage = storage;
    this.#rsync = rsync;
  }

  write(kind: SetId["kind"], time: Date, now: Tree, options: { filelist?: boolean; blockLength?: number } = {}): SetId {
    const before = kind === "full" ? undefined : this.sets.at(-1);
    const id: SetId = { kind, start: before?.id.end ?? time, end: time };
    const old: Tree = before?.tree ?? new Map();
    const paths = [...new Set([...old.keys(), ...now.keys()])].sort(comparePaths);
    const changed = paths.filter((path) => !sameNode(old.get(path), now.get(path)));
    const signatures = changed.map((path) => {
      const node = now.get(path);
      return node ? this.#record(node, options.blockLength) : sigtarDeletedHeader(path);
    });
    const lines = changed.flatMap((path) => {
      const [was, is] = [old.get(path)?.type === "file", now.get(path)?.type === "file"];
      if (is) return [formatChange({ kind: was ? "changed" : "new", path })];
      return was && !now.has(path) ? [formatChange({ kind: "deleted", path })] : [];
    });
    const bound = { path: changed[0] ?? ROOT };
    const volumes = [{ number: 1, start: bound, end: bound, hashes: new Map([["SHA1", "00"]]) }];
    const list = options.filelist === false ? [] : [formatFilelistHead(lines.length), ...lines];
    this.#storage.objects.set(signaturesName(id, "gzip"), gzipSync(concatBytes([...signatures, END_OF_ARCHIVE]), { level: 1 }));
    this.#storage.objects.set(manifestName(id, "plain"), concatBytes([formatManifest({ volumes }), ...list]));
    this.sets.push({ id, tree: now });
    return id;
  }

  #record(node: Node, blockLength = blockLengthFor(node.size)): Uint8Array {
    if (!node.content) return sigtarHeader(node, 0);
    const signature = this.#rsync.signature({ blockLength });
    const bytes = concatBytes([signature.update(node.content), signature.finish()]);
    const length = signatureLength(node.size, blockLength);
    return concatBytes([sigtarHeader(node, length), bytes, new Uint8Array(tarPadding(length))]);
  }
}

export function sameNode(a: Node | undefined, b: Node | undefined): boolean {
  if (!a || !b) return a === b;
  return sameContent(a, b) && a.type === b.type && a.mtime === b.mtime && a.mode === b.mode && a.uid === b.uid;
}

export function sameContent(a: Node, b: Node): boolean {
  return Buffer.compare(a.content ?? new Uint8Array(), b.content ?? new Uint8Array()) === 0 && a.linkTarget === b.linkTarget;
}

export interface TestRuntime extends Runtime {
  readonly events: RunEvent[];
}

export function testRuntime(signal: AbortSignal = new AbortController().signal): TestRuntime {
  const events: RunEvent[] = [];
  const clock = { now: () => new Date("2026-01-01T00:00:00Z"), sleep: () => Promise.resolve() };
  return { clock, random: { bytes: (n) => randomBytes(n) }, emit: (event) => events.push(event), signal, events };
}

/** With an empty archive directory, unless one is given. */
export function depsOf(storage: ReadDeps["storage"], tempDir: string, extra: Partial<ReadDeps> = {}): ReadDeps {
  return { storage, archiveDir: `${tempDir}/none`, tempDir, ...extra };
}

export const prefixes = NO_PREFIXES;

export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

/** Hours after a fixed moment: the time of the n-th set of a test. */
export function hour(n: number): Date {
  return new Date(1_700_000_000_000 + n * 3_600_000);
}
