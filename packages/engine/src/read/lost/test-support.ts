import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BytePath,
  comparePaths,
  concatBytes,
  isWithin,
  joinPath,
  type PathEntry,
  pathFromText,
  ROOT,
  type RunEvent,
} from "@doppel/base";
import {
  difftarHeader,
  END_OF_ARCHIVE,
  formatManifest,
  manifestName,
  NO_PREFIXES,
  type SetId,
  tarPadding,
  type VolumeInfo,
  volumeName,
} from "@doppel/format";
import { parseSignature, type Rsync } from "@doppel/rsync";
import type { Storage } from "@doppel/storage";
import { type MemoryStorage, openTempDir, scanTree } from "@doppel/testkit";
import { depsOf, ModelWriter, type Node, sameNode, testRuntime, type Tree } from "../../history/test-support.ts";
import type { ReadDeps } from "../../job.ts";
import { restore } from "../../restore.ts";

/** What a set says of a path, and in which of its volumes. */
interface Word {
  readonly kind: "snapshot" | "diff" | "deleted";
  readonly volumes: ReadonlySet<number>;
}

export interface WholeSet {
  readonly id: SetId;
  readonly tree: Tree;
  readonly words: ReadonlyMap<BytePath, Word>;
  readonly volumes: readonly VolumeInfo[];
}

interface Blob {
  readonly path: BytePath;
  readonly bytes: Uint8Array;
}

/** Writes whole sets with many small volumes. `sizes`: how many entries or pieces each volume gets, again and again. */
export class ChainWriter {
  readonly #storage: MemoryStorage;
  readonly #rsync: Rsync;
  readonly #model: ModelWriter;
  readonly sets: WholeSet[] = [];

  constructor(storage: MemoryStorage, rsync: Rsync) {
    this.#storage = storage;
    this.#rsync = rsync;
    this.#model = new ModelWriter(storage, rsync);
  }

  write(kind: SetId["kind"], time: Date, now: Tree, sizes: readonly number[], pieceBytes = 700): WholeSet {
    const old: Tree = kind === "full" ? new Map() : this.sets.at(-1)!.tree;
    const id = this.#model.write(kind, time, now);
    const kinds = new Map<BytePath, Word["kind"]>();
    const blobs: Blob[] = [];
    for (const path of [...new Set([...old.keys(), ...now.keys()])].sort(comparePaths)) {
      const [was, is] = [old.get(path), now.get(path)];
      if (sameNode(was, is)) continue;
      const isDelta = was?.content !== undefined && is?.content !== undefined;
      kinds.set(path, is ? (isDelta ? "diff" : "snapshot") : "deleted");
      if (!is) blobs.push({ path, bytes: difftarHeader("deleted", was!) });
      else if (isDelta) blobs.push(...cut("diff", is, this.#delta(was!.content!, is.content!), pieceBytes));
      else if (is.content) blobs.push(...cut("snapshot", is, is.content, pieceBytes));
      else blobs.push({ path, bytes: difftarHeader("snapshot", is) });
    }
    const volumes: VolumeInfo[] = [];
    const places = new Map<BytePath, Set<number>>();
    for (let at = 0; at < blobs.length || volumes.length === 0; ) {
      const number = volumes.length + 1;
      const held = blobs.slice(at, (at += sizes[volumes.length % sizes.length]!));
      for (const { path } of held) places.set(path, (places.get(path) ?? new Set()).add(number));
      const bytes = concatBytes([...held.map((blob) => blob.bytes), END_OF_ARCHIVE]);
      this.#storage.objects.set(volumeName(id, number, "plain"), bytes);
      const [start, end] = [held[0]?.path, held.at(-1)?.path].map((path) => ({ path: path ?? ("" as BytePath) }));
      volumes.push({ number, start: start!, end: end!, hashes: new Map([["SHA1", sha1(bytes)]]) });
    }
    const words = new Map([...kinds].map(([path, word]) => [path, { kind: word, volumes: places.get(path)! }]));
    this.#storage.objects.set(manifestName(id, "plain"), formatManifest({ volumes }));
    const set = { id, tree: now, words, volumes };
    this.sets.push(set);
    return set;
  }

  #delta(before: Uint8Array, after: Uint8Array): Uint8Array {
    const signature = this.#rsync.signature({ blockLength: 512 });
    const table = parseSignature(concatBytes([signature.update(before), signature.finish()]));
    const encoder = this.#rsync.delta(table);
    return concatBytes([encoder.update(after), encoder.finish()].flat());
  }
}

export function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

function cut(kind: "snapshot" | "diff", entry: PathEntry, content: Uint8Array, pieceBytes: number): Blob[] {
  const { path } = entry;
  const padded = (header: Uint8Array, bytes: Uint8Array): Uint8Array =>
    concatBytes([header, bytes, new Uint8Array(tarPadding(bytes.length))]);
  if (content.length <= pieceBytes)
    return [{ path, bytes: padded(difftarHeader(kind, { ...entry, size: content.length }), content) }];
  return Array.from({ length: Math.ceil(content.length / pieceBytes) }, (_, index) => {
    const bytes = content.subarray(index * pieceBytes, (index + 1) * pieceBytes);
    return { path, bytes: padded(difftarHeader(kind, entry, { number: index + 1, size: bytes.length }), bytes) };
  });
}

/** Paths of the last state whose content needs one of the lost volumes; `lost` holds a set of numbers for each set. */
export function lostPaths(sets: readonly WholeSet[], lost: readonly ReadonlySet<number>[]): BytePath[] {
  const isLost = (path: BytePath, node: Node): boolean => {
    if (node.type !== "file") return false;
    for (let at = sets.length - 1; at >= 0; at--) {
      const word = sets[at]!.words.get(path);
      if (!word) continue;
      if ([...word.volumes].some((number) => lost[at]!.has(number))) return true;
      if (word.kind !== "diff") return false;
    }
    return false;
  };
  return [...sets.at(-1)!.tree].flatMap(([path, node]) => (isLost(path, node) ? [path] : [])).sort(comparePaths);
}

/** Restores the last state with `keepGoing` (or one path of it), and tells what came of it. */
export async function restored(storage: Storage, path?: BytePath, extra: Partial<ReadDeps> = {}) {
  using place = openTempDir(tmpdir());
  const runtime = testRuntime();
  const out = join(place.path, "out");
  const job = { target: pathFromText(out), prefixes: NO_PREFIXES, force: false, numericOwner: true, restoreOwner: false };
  const options = {
    dryRun: false,
    renames: [],
    useIndex: true,
    keepGoing: true,
    threads: 2,
    verbose: false,
    ...(path === undefined ? {} : { path }),
  };
  const report = await restore({ ...job, ...options }, depsOf(storage, place.path, extra), runtime);
  const found = scanTree(place.path).flatMap((entry) => {
    if (!isWithin(entry.path, "out" as BytePath)) return [];
    return [{ ...entry, path: joinPath(path ?? ROOT, entry.path.slice(4) as BytePath).replace(/\/$/, "") as BytePath }];
  });
  return { report, found, ...told(runtime.events) };
}

/** What the notices of a run name. */
export function told(events: readonly RunEvent[]) {
  const notices = events.filter((event) => event.type === "notice");
  const pathsOf = (reason: string) => notices.flatMap((notice) => (notice.reason === reason ? [notice.path!] : []));
  return { lost: pathsOf("lost"), uncertain: pathsOf("uncertain"), notices };
}
