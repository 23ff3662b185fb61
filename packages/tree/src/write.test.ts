import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { type BytePath, isDoppelError, joinPath, type PathEntry, pathToBytes } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openContent } from "./content.ts";
import { OwnerNames } from "./owners.ts";
import { compileRules } from "./rules/compile.ts";
import { asNobody, makeScratch, makeTree } from "./test-support.ts";
import type { TreeProblem } from "./source.ts";
import { walkTree } from "./walk.ts";
import { TreeWriter, type TreeWriterOptions } from "./write.ts";

let scratch: ReturnType<typeof makeScratch>;
let target: BytePath;
let problems: TreeProblem[];

beforeEach(() => {
  scratch = makeScratch();
  target = joinPath(scratch.path, "missing/out" as BytePath);
  problems = [];
});
afterEach(() => scratch.remove());

const owners = new OwnerNames(Buffer.from("known:x:77:\n"), Buffer.from("known:x:88:\n"));

function writer(more: Partial<TreeWriterOptions> = {}, to = target): TreeWriter {
  const random = { bytes: (n: number) => new Uint8Array(n).fill(0xab) };
  const onProblem = (problem: TreeProblem) => problems.push(problem);
  return new TreeWriter(to, { owners, numericOwner: false, restoreOwner: true, force: false, random, onProblem, ...more });
}

function entry(path: string, type: PathEntry["type"], more: Partial<PathEntry> = {}): PathEntry {
  const mode = type === "dir" ? 0o755 : 0o644;
  return { path: path as BytePath, type, mode, uid: 0, gid: 0, uname: "", gname: "", mtime: 1_000_000_000, size: 0, ...more };
}
const ROOT_DIR = entry("", "dir");

function put(to: TreeWriter, ...entries: readonly PathEntry[]): TreeWriter {
  for (const one of entries) {
    to.begin(one);
    if (one.type === "file") to.write(Buffer.from(one.path, "latin1"));
    to.end();
  }
  return to;
}

function list(from: BytePath): Record<string, unknown>[] {
  const rules = compileRules([], { source: from, readFile: () => new Uint8Array(0) });
  const onProblem = (problem: TreeProblem) => problems.push(problem);
  return Array.from(walkTree(from, { rules, owners, onProblem }), (found) => {
    const { path, type, mode, uid, gid, mtime, size, linkTarget, device } = found;
    let content: string | undefined;
    if (type === "file") {
      const open = openContent(found);
      const bytes = Buffer.alloc(size);
      open.read(bytes);
      open.close();
      content = bytes.toString("latin1");
    }
    return { path, type, mode, uid, gid, mtime, size, linkTarget, device, content };
  });
}

const out = (path: string) => pathToBytes(joinPath(target, path as BytePath));
const text = (path: string) => readFileSync(out(path), "latin1");

describe("TreeWriter", () => {
  it("writes back every type with its attributes", () => {
    const source = joinPath(scratch.path, "src" as BytePath);
    makeTree(source, "d\xff/sub/f", "d\xff/two\nlines", "empty/", "link -> else\xffwhere", `${"n".repeat(255)}`);
    const at = (path: string) => pathToBytes(joinPath(source, path as BytePath));
    execFileSync("mkfifo", [`${source}/fifo`]);
    execFileSync("mkfifo", [`${source}/empty/fifo`]);
    execFileSync("mknod", [`${source}/null`, "c", "1", "3"]);
    execFileSync("mknod", [`${source}/disk`, "b", "300", "70000"]);
    chownSync(at("d\xff/sub/f"), 1234, 3_000_000_000);
    chmodSync(at("d\xff/sub/f"), 0o6711);
    chmodSync(at("d\xff/sub"), 0o1777);
    chownSync(at("d\xff"), 5, 6);
    chmodSync(at("d\xff"), 0o2500);
    for (const path of ["d\xff/sub/f", "d\xff/sub", "d\xff", "fifo", ""]) utimesSync(at(path), 1, 3_981_000_000);
    const to = writer();
    const listed = list(source);
    for (const found of listed) {
      to.begin({ ...(found as unknown as PathEntry), uname: "", gname: "" });
      for (const byte of Buffer.from((found.content as string | undefined) ?? "", "latin1")) to.write(Uint8Array.of(byte));
      to.end();
    }
    to.finish();
    expect(list(target)).toEqual(listed);
    expect(problems).toEqual([]);
    expect(to.written).toEqual({
      entries: listed.length,
      files: 3,
      bytes: listed.reduce((sum, { size }) => sum + (size as number), 0),
    });
  });

  it("makes fifos and links where the directory's name is no UTF-8", () => {
    const to = put(
      writer(),
      ROOT_DIR,
      entry("\xff", "dir"),
      entry("\xff/\xfe", "fifo"),
      entry("\xff/\xff", "symlink", { linkTarget: "\xfd" as BytePath }),
    );
    to.finish();
    expect(lstatSync(out("\xff/\xfe")).isFIFO()).toBe(true);
    expect(readlinkSync(out("\xff/\xff"), "latin1")).toBe("\xfd");
    expect(problems).toEqual([]);
  });

  it("takes a known name before the number, unless told otherwise", () => {
    const file = entry("f", "file", { uid: 5, gid: 6, uname: "known", gname: "known" });
    put(writer(), ROOT_DIR, file).finish();
    expect(statSync(out("f"))).toMatchObject({ uid: 77, gid: 88 });
    target = joinPath(scratch.path, "two" as BytePath);
    put(writer({ numericOwner: true }), ROOT_DIR, file).finish();
    expect(statSync(out("f"))).toMatchObject({ uid: 5, gid: 6 });
    target = joinPath(scratch.path, "three" as BytePath);
    put(writer({ restoreOwner: false }), ROOT_DIR, file).finish();
    expect(statSync(out("f"))).toMatchObject({ uid: 0, gid: 0 });
    expect(problems).toEqual([]);
  });

  it("does not make programs run as whoever restores them", () => {
    const file = entry("f", "file", { uid: 5, gid: 0, mode: 0o6755 });
    put(writer({ restoreOwner: false }), ROOT_DIR, file).finish();
    expect(statSync(out("f")).mode & 0o7777).toBe(0o2755);
    expect(problems).toMatchObject([{ reason: "attributes", path: "f", incomplete: false }]);
  });

  it("tells of owners it may not restore, and restores the rest", () => {
    mkdirSync(pathToBytes(target), { recursive: true });
    chmodSync(scratch.path, 0o755);
    chownSync(target, 65534, 65534);
    asNobody(() =>
      put(
        writer(),
        entry("", "dir", { uid: 65534, gid: 65534 }),
        entry("f", "file", { mode: 0o640 }),
        entry("null", "chardev", { device: { major: 1, minor: 3 } }),
      ).finish(),
    );
    expect(statSync(out("f"))).toMatchObject({ uid: 65534, mtimeMs: 1e12 });
    expect(statSync(out("f")).mode & 0o7777).toBe(0o640);
    expect(problems).toMatchObject([
      { reason: "owner", path: "f", incomplete: false },
      { reason: "conflict", path: "null", incomplete: true },
    ]);
    expect(readdirSync(target)).toEqual(["f"]);
  });

  it("survives ids that no system has", () => {
    put(writer(), ROOT_DIR, entry("f", "file", { uid: 2 ** 40 })).finish();
    expect(problems).toMatchObject([{ reason: "owner", path: "f" }]);
    expect(text("f")).toBe("f");
  });

  it("gives a file its name only when it is complete", () => {
    const to = put(writer(), ROOT_DIR);
    to.begin(entry("f", "file"));
    to.write(Buffer.from("half"));
    expect(readdirSync(target)).toEqual([expect.stringMatching(/^\.doppel-restore-/)]);
    to.abort();
    expect(readdirSync(target)).toEqual([]);
    put(to, entry("g", "file")).finish();
    expect(readdirSync(target)).toEqual(["g"]);
  });

  it("keeps directories closed until it leaves them", () => {
    const to = put(writer(), ROOT_DIR, entry("d", "dir", { mode: 0o777 }), entry("d/f", "file"));
    expect(statSync(out("d")).mode & 0o777).toBe(0o700);
    put(to, entry("e", "file"));
    expect(statSync(out("d"))).toMatchObject({ mtimeMs: 1e12 });
    expect(statSync(out("d")).mode & 0o777).toBe(0o777);
    to.finish();
    expect(statSync(target)).toMatchObject({ mtimeMs: 1e12 });
  });

  it("restores a single file, onto nothing or an empty directory", () => {
    const root = entry("", "file");
    put(writer(), root).finish();
    expect(lstatSync(target).isFile()).toBe(true);
    target = joinPath(scratch.path, "empty" as BytePath);
    mkdirSync(target);
    put(writer(), root).finish();
    expect(lstatSync(target).isFile()).toBe(true);
    expect(() => put(writer(), root)).toThrow(expect.objectContaining({ code: "restore.write-failed" }));
  });

  it("makes directories that have no entry of their own", () => {
    target = joinPath(scratch.path, "\xff/\xfe/out/" as BytePath);
    put(writer(), entry("a/b/f", "file"), entry("a/c/f", "file")).finish();
    expect(text("a/b/f")).toBe("a/b/f");
    expect(text("a/c/f")).toBe("a/c/f");
  });

  it("ends at a full disk and leaves nothing half", (test) => {
    mkdirSync(target, { recursive: true });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", target]).status === 0;
    if (!mounted) test.skip("a small file system cannot be mounted here");
    try {
      const to = put(writer(), ROOT_DIR);
      to.begin(entry("f", "file"));
      const fill = () => {
        for (let i = 0; i < 10; i++) to.write(Buffer.alloc(32768));
      };
      expect(fill).toThrow(
        expect.objectContaining({ code: "restore.write-failed", data: { path: `${target}/f`, reason: "ENOSPC" } }),
      );
      expect(readdirSync(target)).toEqual([]);
      to.finish();
    } finally {
      execFileSync("umount", [target]);
    }
  });
});

describe("TreeWriter over an existing tree", () => {
  const wanted = [
    ROOT_DIR,
    entry("a", "file"),
    entry("d", "dir"),
    entry("d/f", "file"),
    entry("z", "symlink", { linkTarget: "new" as BytePath }),
  ];

  it("replaces files, links and empty directories, keeps what is extra", () => {
    makeTree(target, "a/", "extra", "z");
    symlinkSync("/", out("d"));
    put(writer({ force: true }), ...wanted).finish();
    expect(text("a")).toBe("a");
    expect(lstatSync(out("d")).isDirectory()).toBe(true);
    expect(text("d/f")).toBe("d/f");
    expect(readlinkSync(out("z"))).toBe("new");
    expect(text("extra")).toBe("extra");
    expect(problems).toEqual([]);
  });

  it("leaves a directory that is not empty, and tells", () => {
    makeTree(target, "a/kept");
    put(writer({ force: true }), ...wanted).finish();
    expect(text("a/kept")).toBe("a/kept");
    expect(readdirSync(target).sort()).toEqual(["a", "d", "z"]);
    expect(problems).toMatchObject([{ reason: "conflict", path: "a", incomplete: true }]);
  });

  it("replaces nothing without force", () => {
    makeTree(target, "a", "d -> elsewhere", "z");
    writeFileSync(out("a"), "old");
    put(writer(), ...wanted).finish();
    expect(text("a")).toBe("old");
    expect(readlinkSync(out("d"))).toBe("elsewhere");
    expect(problems.map(({ reason, path }) => [reason, path])).toEqual([
      ["conflict", "a"],
      ["conflict", "d"],
      ["conflict", "d/f"],
      ["conflict", "z"],
    ]);
  });

  it("opens directories that are closed to it", () => {
    makeTree(target, "d/");
    chmodSync(out("d"), 0o500);
    chmodSync(scratch.path, 0o755);
    for (const path of [target, `${target}/d`]) chownSync(path, 65534, 65534);
    const dir = (path: string) => entry(path, "dir", { uid: 65534, gid: 65534, mode: 0o500 });
    asNobody(() => put(writer({ force: true }), dir(""), dir("d"), entry("d/f", "file", { uid: 65534, gid: 65534 })).finish());
    expect(text("d/f")).toBe("d/f");
    expect(statSync(out("d")).mode & 0o777).toBe(0o500);
    expect(problems).toEqual([]);
  });

  it("takes a target that is a link to a directory", () => {
    makeTree(scratch.path, "real/", "link -> real");
    target = joinPath(scratch.path, "link" as BytePath);
    put(writer(), ROOT_DIR, entry("f", "file")).finish();
    expect(readdirSync(`${scratch.path}/real`)).toEqual(["f"]);
    expect(statSync(`${scratch.path}/real`)).toMatchObject({ mtimeMs: 1e12 });
    expect(problems).toEqual([]);
  });
});

describe("containment: a forged backup writes nothing outside the target", () => {
  const outside = () => `${scratch.path}/outside`;
  beforeEach(() => mkdirSync(outside()));
  afterEach(() => expect(readdirSync(outside())).toEqual([]));
  const refuses = (...entries: PathEntry[]) => {
    try {
      put(writer({ force: true }), ROOT_DIR, ...entries);
    } catch (error) {
      return isDoppelError(error, "restore.unsafe-path");
    }
    return false;
  };

  it("refuses names that lead elsewhere", () => {
    for (const path of ["..", "../outside/x", "a/../../outside/x", ".", "a/./b", "a//b", "/etc", "a/", "nul\0"]) {
      expect(refuses(entry(path, "file"))).toBe(true);
    }
  });

  it("refuses what is out of order, so that no directory can be exchanged for a link behind us", () => {
    expect(refuses(entry("b", "file"), entry("a", "file"))).toBe(true);
    expect(refuses(entry("d", "dir"), entry("d", "symlink", { linkTarget: outside() as BytePath }))).toBe(true);
  });

  it("writes nothing through a link of the backup", () => {
    const link = entry("d", "symlink", { linkTarget: outside() as BytePath });
    put(writer({ force: true }), ROOT_DIR, link, entry("d/x", "file"), entry("d/y/z", "file")).finish();
    expect(problems).toMatchObject([
      { reason: "conflict", path: "d/x" },
      { reason: "conflict", path: "d/y/z" },
    ]);
  });

  it("writes nothing through a link that was there before", () => {
    makeTree(target, `d -> ${outside()}`, `f -> ${outside()}/f`);
    put(writer({ force: true }), ROOT_DIR, entry("d", "dir"), entry("d/x", "file"), entry("f", "file")).finish();
    expect(text("d/x")).toBe("d/x");
    expect(lstatSync(out("f")).isFile()).toBe(true);
    expect(problems).toEqual([]);
  });
});
