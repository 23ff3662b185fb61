import { createHash } from "node:crypto";
import { type BigIntStats, closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import {
  type BytePath,
  comparePaths,
  type EntryType,
  joinPath,
  pathFromBytes,
  pathFromText,
  pathToBytes,
  ROOT,
} from "@doppel/base";

/** Everything that can be seen of one entry of a tree; what does not apply to its type is absent. */
export interface TreeEntry {
  /** Relative; "" is the root of the tree. */
  readonly path: BytePath;
  readonly type: EntryType | "socket";
  /** Lower 12 bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds, rounded down; negative before 1970. */
  readonly mtime: number;
  readonly size?: number;
  /** Hexadecimal. */
  readonly sha256?: string;
  readonly target?: BytePath;
  readonly device?: { readonly major: number; readonly minor: number };
}

/** All entries of a tree in the order of `comparePaths`, the root first. Symlinks are not followed, except `dir` itself. */
export function scanTree(dir: string): TreeEntry[] {
  const top = pathFromText(dir.replace(/(.)\/+$/, "$1"));
  const entries: TreeEntry[] = [];
  const pending: BytePath[] = [ROOT];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const place = path === ROOT ? (`${top}/.` as BytePath) : joinPath(top, path);
    const entry = describe(path, pathToBytes(place));
    entries.push(entry);
    if (entry.type !== "dir") continue;
    for (const name of readdirSync(pathToBytes(place), { encoding: "buffer" })) pending.push(joinPath(path, pathFromBytes(name)));
  }
  return entries.sort((a, b) => comparePaths(a.path, b.path));
}

/** The entries as the format can keep them (spec 3.5): no sockets, no time before 1970. Only for comparing with a restore. */
export function asStored(entries: readonly TreeEntry[]): TreeEntry[] {
  return entries.filter((entry) => entry.type !== "socket").map((entry) => ({ ...entry, mtime: Math.max(0, entry.mtime) }));
}

function describe(path: BytePath, place: Buffer): TreeEntry {
  const stats = lstatSync(place, { bigint: true });
  const type = typeOf(stats);
  const common = {
    path,
    type,
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: Number((stats.mtimeNs - (((stats.mtimeNs % SECOND) + SECOND) % SECOND)) / SECOND),
  };
  switch (type) {
    case "file":
      return { ...common, size: Number(stats.size), sha256: hashFile(place) };
    case "symlink":
      return { ...common, target: pathFromBytes(readlinkSync(place, { encoding: "buffer" })) };
    case "chardev":
    case "blockdev":
      return { ...common, device: deviceNumbers(stats.rdev) };
    case "dir":
    case "fifo":
    case "socket":
      return common;
  }
}

const SECOND = 1_000_000_000n;

function typeOf(stats: BigIntStats): TreeEntry["type"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "dir";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isCharacterDevice()) return "chardev";
  return stats.isBlockDevice() ? "blockdev" : "socket";
}

/** As Linux packs them: see makedev(3). */
function deviceNumbers(rdev: bigint): { major: number; minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}

function hashFile(place: Buffer): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1 << 20);
  const fd = openSync(place, "r");
  try {
    for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) hash.update(buffer.subarray(0, n));
  } finally {
    closeSync(fd);
  }
  return hash.digest("hex");
}
