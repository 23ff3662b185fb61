import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One line of what crash/fs-hook.mjs records. */
export interface RecordLine {
  readonly number: number;
  readonly begins?: true;
  readonly ends?: true;
  readonly failed?: string;
  readonly call: string;
  readonly path: string;
  readonly to?: string;
  readonly flags?: string | number;
  readonly data?: string;
  readonly position?: number | null;
}

export function readRecord(file: string): readonly RecordLine[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as RecordLine);
}

/** What a file is, whatever it is called. */
interface Inode {
  /** What was there before. */
  readonly before: Buffer;
  readonly changes: Change[];
  readonly syncs: Span[];
}

/** When an operation was under way, as numbers of lines. */
interface Span {
  readonly begin: number;
  end: number;
}

interface Change extends Span {
  readonly kind: "write" | "truncate";
  /** Undefined: at the end. */
  readonly at: number | undefined;
  readonly bytes: Buffer;
}

/** A change of a directory, which happens as a whole or not at all: what these names are from then on. */
interface Naming extends Span {
  readonly directory: string;
  readonly names: ReadonlyMap<string, Inode | "directory" | undefined>;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * What a power cut may leave, and no more is promised by POSIX: of a file, what was written before a sync of it that has ended; of a
 * directory, what was done before a sync of *that directory* that has ended. Of everything else any part may be there or not, in any
 * combination. An operation that has begun counts as one that may have happened.
 */
export class PowerCut {
  readonly #namings: Naming[] = [];
  readonly #syncs = new Map<string, Span[]>();
  readonly #before = new Map<string, Inode>();
  /** The moments: a cut at `t` comes behind line `t` of the record. */
  readonly moments: number;

  constructor(record: readonly RecordLine[], before: ReadonlyMap<string, Buffer>) {
    this.moments = record.length;
    for (const [path, bytes] of before) this.#before.set(path, { before: bytes, changes: [], syncs: [] });
    const names = new Map<string, Inode | "directory" | undefined>(this.#before);
    const opened = new Map<string, Inode>();
    const ends = new Map(record.flatMap((line, index) => (line.ends ? [[line.number, { index, line }] as const] : [])));
    record.forEach((line, index) => {
      if (!line.begins) return;
      const end = ends.get(line.number);
      if (end?.line.failed) return;
      const span: Span = { begin: index, end: end?.index ?? NEVER };
      const name = (pairs: readonly (readonly [string, Inode | "directory" | undefined])[]): void => {
        for (const [path, inode] of pairs) names.set(path, inode);
        this.#namings.push({ ...span, directory: dirname(pairs.at(-1)![0]), names: new Map(pairs) });
      };
      const { call, path, to, flags, data, position } = line;
      const inode = opened.get(path);
      if (call === "open") {
        const creates = typeof flags === "string" && /^[wa]/.test(flags);
        let found = names.get(path);
        if (found === undefined && creates) {
          found = { before: Buffer.alloc(0), changes: [], syncs: [] };
          name([[path, found]]);
        } else if (typeof found === "object" && typeof flags === "string" && flags.startsWith("w")) {
          found.changes.push({ ...span, kind: "truncate", at: 0, bytes: Buffer.alloc(0) });
        }
        if (typeof found === "object") opened.set(path, found);
        else opened.delete(path);
      } else if (call === "write" || call === "writeFile") {
        inode!.changes.push({ ...span, kind: "write", at: position ?? undefined, bytes: Buffer.from(data!, "base64") });
      } else if (call === "truncate") {
        const file = names.get(path);
        if (typeof file === "object") file.changes.push({ ...span, kind: "truncate", at: undefined, bytes: Buffer.alloc(0) });
      } else if (call === "sync" || call === "datasync") {
        if (inode) inode.syncs.push(span);
        else this.#syncs.set(path, [...(this.#syncs.get(path) ?? []), span]);
      } else if (call === "mkdir") name([[path, "directory"]]);
      else if (call === "link") name([[to!, names.get(path)]]);
      else if (call === "rename") {
        name([
          [path, undefined],
          [to!, names.get(path)],
        ]);
      } else if (call === "unlink" || call === "rm" || call === "rmdir") name([[path, undefined]]);
    });
  }

  /** Every violation, over all moments and all that may be left at each. */
  violations(target: string, archive: string): readonly string[] {
    const found = new Set<string>();
    for (let t = 0; t < this.moments; t++) {
      for (const naming of this.#namings) {
        if (naming.begin > t) continue;
        for (const [path, inode] of naming.names) {
          const name = path.slice(dirname(path).length + 1);
          const isFinal = [target, archive].includes(dirname(path)) && !name.startsWith(".") && name !== "doppel.lock";
          if (typeof inode !== "object" || !isFinal) continue;
          if (!this.#isWhole(inode, t)) found.add(`${name} may be there incomplete`);
          if (dirname(path) === target && /\.manifest(\.|$)/.test(name)) {
            for (const missing of this.#missing(path, t)) found.add(`${name} may be there without ${missing}`);
          }
        }
      }
    }
    const last = this.moments - 1;
    for (const naming of this.#namings) {
      const kept = [...naming.names].some(
        ([path, inode]) =>
          inode !== undefined && (path === target || path === archive || !path.includes("/.")) && !path.endsWith(".part"),
      );
      if (kept && !this.#isDurable(naming, last)) found.add(`${[...naming.names.keys()].at(-1)} may be gone after success`);
    }
    return [...found];
  }

  /** Makes one of the states that a cut at `t` may leave, chosen by `random`, of these folders and what is below them. */
  make(t: number, folders: readonly string[], random: () => number): void {
    const names = new Map<string, Inode | "directory" | undefined>(this.#before);
    for (const naming of this.#namings) {
      if (naming.begin > t || !(this.#isDurable(naming, t) || random() < 0.5)) continue;
      for (const [path, inode] of naming.names) names.set(path, inode);
    }
    for (const folder of folders) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    }
    const contents = new Map<Inode, Buffer>();
    for (const [path, inode] of names) {
      if (typeof inode !== "object" || !folders.includes(dirname(path))) continue;
      let bytes = contents.get(inode);
      if (!bytes) contents.set(inode, (bytes = this.#contentAt(inode, t, random)));
      writeFileSync(path, bytes);
    }
  }

  #contentAt(inode: Inode, t: number, random: () => number): Buffer {
    let content = inode.before;
    for (const change of inode.changes) {
      if (change.begin > t) continue;
      let { bytes } = change;
      if (!isSynced(change, inode.syncs, t)) {
        const luck = random();
        if (luck < 0.3) continue; // lost
        if (luck < 0.5) bytes = bytes.subarray(0, Math.floor(random() * bytes.length));
        else if (luck < 0.6) bytes = Buffer.alloc(bytes.length); // the length came to the disk, what is there did not
      }
      if (change.kind === "truncate") {
        if (change.at === 0) content = Buffer.alloc(0);
        continue;
      }
      const at = change.at ?? content.length;
      const grown = Buffer.alloc(Math.max(content.length, at + bytes.length));
      content.copy(grown);
      bytes.copy(grown, at);
      content = grown;
    }
    return content;
  }

  #isWhole(inode: Inode, t: number): boolean {
    return inode.changes.every((change) => change.begin <= t && isSynced(change, inode.syncs, t));
  }

  /** Objects of the manifest's set that have come by the end, and might not be there at `t`. */
  #missing(manifest: string, t: number): readonly string[] {
    const name = manifest.slice(dirname(manifest).length + 1);
    const [, kind = "", set = ""] = /^duplicity-(full|inc)\.(.*)\.manifest/.exec(name) ?? [];
    const isOfIt = (path: string): boolean =>
      path.startsWith(join(dirname(manifest), `duplicity-${kind}.${set}.vol`)) ||
      path.startsWith(join(dirname(manifest), `duplicity-${kind === "full" ? "full" : "new"}-signatures.${set}.`));
    const parts = this.#namings.filter(({ names }) => [...names].some(([path, inode]) => inode !== undefined && isOfIt(path)));
    if (parts.length < 2) return ["any volume"];
    return parts.filter((part) => !this.#isDurable(part, t)).map(({ names }) => [...names.keys()].at(-1)!);
  }

  #isDurable(naming: Naming, t: number): boolean {
    return isSynced(naming, this.#syncs.get(naming.directory) ?? [], t);
  }
}

function isSynced(change: Span, syncs: readonly Span[], t: number): boolean {
  return syncs.some(({ begin, end }) => begin > change.end && end <= t);
}

/** The files directly in these folders. */
export function filesIn(folders: readonly string[]): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isFile()) files.set(join(folder, entry.name), readFileSync(join(folder, entry.name)));
    }
  }
  return files;
}
