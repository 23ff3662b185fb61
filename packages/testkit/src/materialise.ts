import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { type BytePath, comparePaths, pathFromText, pathToBytes, ROOT } from "@doppel/base";

/** One thing to make. Owner root (or whoever runs), mode 0755 for directories and 0644 for others, and a time of 2020 unless given. */
export interface TreeSpec {
  /** Relative; missing parents are made. "" gives the root its attributes. */
  readonly path: BytePath;
  readonly type: "file" | "dir" | "symlink" | "hardlink" | "fifo" | "chardev" | "blockdev" | "socket";
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds, possibly with a fraction, possibly negative. */
  readonly mtime?: number;
  readonly content?: Uint8Array;
  /** Of a file: its length is extended to this with a hole. */
  readonly size?: number;
  /** Of a symlink: its target; of a hardlink: the path of its file, which must stand before it. */
  readonly target?: BytePath;
  readonly device?: { readonly major: number; readonly minor: number };
}

/** Whether owners and devices can be made here. */
export const isRoot = process.getuid?.() === 0;

const DEFAULT_MTIME = 1_600_000_000;

/**
 * Makes the tree in `dir`, which exists and is empty. All that is made and all parents get their time explicitly, so that two runs
 * give the same tree. Who is not root gets no devices, owns everything himself, and may always read what he made.
 */
export function materialise(specs: readonly TreeSpec[], dir: string): void {
  const top = pathFromText(dir);
  const at = (path: BytePath) => pathToBytes((path === ROOT ? top : `${top}/${path}`) as BytePath);
  const wanted = specs.filter((spec) => isRoot || (spec.type !== "chardev" && spec.type !== "blockdev"));
  const made = new Map<BytePath, TreeSpec>([[ROOT, { path: ROOT, type: "dir" }]]);
  for (const spec of wanted) {
    for (const parent of ancestors(spec.path)) {
      if (made.has(parent)) continue;
      fs.mkdirSync(at(parent));
      made.set(parent, { path: parent, type: "dir" });
    }
    create(spec, at(spec.path), at(spec.target ?? ROOT), dir, made.has(spec.path));
    if (spec.type !== "hardlink") made.set(spec.path, spec);
  }
  // What lies deeper first: making it has changed the times of the directories above, and their modes may shut us out.
  for (const spec of [...made.values()].sort((a, b) => comparePaths(b.path, a.path))) setAttributes(spec, at(spec.path));
}

function ancestors(path: BytePath): BytePath[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/") as BytePath);
}

function create(spec: TreeSpec, place: Buffer, linked: Buffer, dir: string, exists: boolean): void {
  switch (spec.type) {
    case "dir":
      if (!exists) fs.mkdirSync(place);
      return;
    case "file":
      fs.writeFileSync(place, spec.content ?? "", { flag: "wx" });
      if (spec.size !== undefined) fs.truncateSync(place, spec.size);
      return;
    case "symlink":
      fs.symlinkSync(pathToBytes(spec.target ?? ROOT), place);
      return;
    case "hardlink":
      fs.linkSync(linked, place);
      return;
    case "fifo":
    case "chardev":
    case "blockdev":
    case "socket": {
      // Programs take their arguments as text: a plain name first, then the bytes that are wanted.
      const plain = join(dir, ".special");
      makeSpecial(spec, plain, dir);
      fs.renameSync(plain, place);
    }
  }
}

/** A server that is killed leaves its socket behind; one that ends properly removes it. */
const MAKE_SOCKET = 'require("node:net").createServer().listen(".special", () => process.kill(process.pid, "SIGKILL"))';

function makeSpecial(spec: TreeSpec, plain: string, dir: string): void {
  if (spec.type === "socket") spawnSync(process.execPath, ["-e", MAKE_SOCKET], { cwd: dir });
  else if (spec.type === "fifo") execFileSync("mkfifo", [plain]);
  else {
    const { major, minor } = spec.device ?? { major: 1, minor: 3 };
    execFileSync("mknod", [plain, spec.type === "chardev" ? "c" : "b", String(major), String(minor)]);
  }
}

function setAttributes(spec: TreeSpec, place: Buffer): void {
  if (isRoot) fs.lchownSync(place, spec.uid ?? 0, spec.gid ?? 0);
  // chown takes setuid and setgid away, so the mode comes after it.
  const readable = isRoot ? 0 : spec.type === "dir" ? 0o500 : 0o400;
  if (spec.type !== "symlink") fs.chmodSync(place, (spec.mode ?? (spec.type === "dir" ? 0o755 : 0o644)) | readable);
  const time = new Date(Math.round((spec.mtime ?? DEFAULT_MTIME) * 1000)); // a negative number would mean "now"
  fs.lutimesSync(place, time, time);
}
