import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type BytePath, joinPath, type PathEntry, pathToBytes } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OwnerNames } from "../owners.ts";
import type { TreeProblem } from "../source.ts";
import { makeScratch } from "../test-support.ts";
import { TreeWriter, type TreeWriterOptions } from "../write.ts";
import { settleNode } from "./attributes.ts";
import { Folder, holderHere, isSafePath } from "./folder.ts";

let scratch: ReturnType<typeof makeScratch>;
let target: BytePath;
let problems: TreeProblem[];
const at = (...names: string[]): string => [target, ...names].join("/");
const outside = (): string => `${scratch.path}/outside`;

beforeEach(() => {
  scratch = makeScratch();
  target = joinPath(scratch.path, "out" as BytePath);
  problems = [];
  mkdirSync(outside(), { mode: 0o711 });
  writeFileSync(`${outside()}/canary`, "canary");
});
afterEach(() => {
  expect(readdirSync(outside())).toEqual(["canary"]);
  expect(readFileSync(`${outside()}/canary`, "utf8")).toBe("canary");
  expect(statSync(outside()).mode & 0o7777).toBe(0o711);
  scratch.remove();
});

const options = {
  owners: new OwnerNames(Buffer.alloc(0), Buffer.alloc(0)),
  numericOwner: true,
  restoreOwner: true,
  onProblem: (problem: TreeProblem) => void problems.push(problem),
};

function writer(more: Partial<TreeWriterOptions> = {}): TreeWriter {
  const random = { bytes: (n: number) => new Uint8Array(n).fill(0xab) };
  return new TreeWriter(target, { ...options, force: true, random, ...more });
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

/** As somebody may who owns the directory above: away with it, and a link to elsewhere in its place. */
function swap(...names: string[]): void {
  renameSync(at(...names), `${at(...names)}-moved`);
  symlinkSync(outside(), at(...names));
}

const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe.runIf(holderHere() !== undefined)("a directory that somebody exchanges for a link while it is restored", () => {
  // Somebody else's: what is only ours nobody could exchange, and is not held.
  beforeEach(() => {
    mkdirSync(target);
    chownSync(target, 65_534, 65_534);
  });

  it("is not followed by files, folders, links or fifos, nor by its own mode and time", () => {
    const to = put(writer(), ROOT_DIR, entry("d", "dir", { mode: 0o750 }), entry("d/a", "file"));
    swap("d");
    put(
      to,
      entry("d/b", "file"),
      entry("d/c", "dir", { mode: 0o700 }),
      entry("d/c/x", "file"),
      entry("d/e", "fifo"),
      entry("d/f", "symlink", { linkTarget: "x" as BytePath }),
      entry("d/g", "chardev", { device: { major: 1, minor: 3 } }),
    ).finish();
    expect(readdirSync(at("d-moved")).sort()).toEqual(["a", "b", "c", "e", "f", "g"]);
    expect(statSync(at("d-moved"))).toMatchObject({ mtimeMs: 1e12 });
    expect(statSync(at("d-moved")).mode & 0o7777).toBe(0o750);
    expect(readFileSync(at("d-moved/c/x"), "utf8")).toBe("d/c/x");
    expect(readlinkSync(at("d"))).toBe(outside());
    expect(problems).toEqual([]);
  });

  it("is not followed in the middle of a file", () => {
    const to = put(writer(), ROOT_DIR, entry("d", "dir"));
    to.begin(entry("d/f", "file"));
    to.write(Buffer.from("one"));
    swap("d");
    to.end();
    to.begin(entry("d/g", "file"));
    to.write(Buffer.from("half"));
    to.abort();
    to.finish();
    expect(readdirSync(at("d-moved"))).toEqual(["f"]);
    expect(problems).toEqual([]);
  });

  it("is not followed where it was there before, whatever its mode", () => {
    mkdirSync(at("d"));
    chmodSync(at("d"), 0o055);
    const to = put(writer(), ROOT_DIR, entry("d", "dir", { mode: 0o700 }));
    swap("d");
    put(to, entry("d/f", "file")).finish();
    expect(readdirSync(at("d-moved"))).toEqual(["f"]);
    expect(statSync(at("d-moved")).mode & 0o7777).toBe(0o700);
  });

  it("is not followed above the directory in hand, nor is the target itself", () => {
    const to = put(writer(), ROOT_DIR, entry("d", "dir"), entry("d/e", "dir"));
    swap("d");
    put(to, entry("d/e/x", "file"), entry("d/f", "file"));
    renameSync(target, `${target}-moved`);
    symlinkSync(outside(), target);
    put(to, entry("z", "file")).finish();
    rmSync(target);
    renameSync(`${target}-moved`, target);
    expect(readdirSync(target).sort()).toEqual(["d", "d-moved", "z"]);
    expect(readdirSync(at("d-moved")).sort()).toEqual(["e", "f"]);
    expect(readdirSync(at("d-moved/e"))).toEqual(["x"]);
    expect(problems).toEqual([]);
  });

  it("is not followed far down, where directories are no longer held", () => {
    const names = Array.from({ length: 200 }, (_, n) => `${n}`);
    const dirs = names.map((_, n) => entry(names.slice(0, n + 1).join("/"), "dir", { mode: 0o711 }));
    const to = put(writer(), ROOT_DIR, ...dirs);
    expect(descriptors()).toBeLessThan(120);
    swap(...names.slice(0, 150));
    put(to, entry(`${names.slice(0, 190).join("/")}/f`, "file"), entry(`${names.slice(0, 100).join("/")}/f`, "file")).finish();
    expect(existsSync(at(...names.slice(0, 100), "f"))).toBe(true);
    expect(existsSync(at(`${names.slice(0, 150).join("/")}-moved`, ...names.slice(150, 190), "f"))).toBe(true);
    expect(problems).toEqual([]);
    for (let n = 1; n < 150; n++) expect(statSync(at(...names.slice(0, n)))).toMatchObject({ mtimeMs: 1e12 });
  });

  it("is told when it was moved to where the way back is another one", () => {
    const names = Array.from({ length: 100 }, (_, n) => `${n}`);
    const dirs = names.map((_, n) => entry(names.slice(0, n + 1).join("/"), "dir"));
    const to = put(writer(), ROOT_DIR, ...dirs);
    renameSync(at(...names), `${scratch.path}/elsewhere`);
    put(to, entry(`${names.slice(0, 90).join("/")}/z`, "file"), entry("z", "file")).finish();
    expect(readdirSync(scratch.path).sort()).toEqual(["elsewhere", "out", "outside"]);
    expect(existsSync(at("z"))).toBe(true);
    expect(problems.length).toBeGreaterThan(20);
    for (const { detail } of problems) expect(detail).toMatch(/moved elsewhere|could not be restored/);
  });

  it("lets go of every directory at the end, and when the restore is abandoned", () => {
    const before = descriptors();
    put(writer(), ROOT_DIR, entry("a", "dir"), entry("a/b", "dir"), entry("c", "dir")).finish();
    chownSync(target, 65_534, 65_534);
    const to = put(writer(), ROOT_DIR, entry("a", "dir"), entry("a/b", "dir"));
    to.begin(entry("a/b/f", "file"));
    expect(descriptors()).toBe(before + 4);
    to.abandon();
    expect(descriptors()).toBe(before);
    expect(readdirSync(at("a/b"))).toEqual([]);
  });
});

describe.runIf(holderHere() !== undefined)("whether somebody else could exchange a directory", () => {
  const holder = { uid: 0 };
  const safe = (path = target): boolean => isSafePath(path, holder);
  beforeEach(() => mkdirSync(target));

  it("is asked of it and of all above it", () => {
    expect(safe()).toBe(true);
    expect(safe("/" as BytePath)).toBe(true);
    for (const path of [target, scratch.path]) {
      const { mode } = statSync(path);
      for (const [unsafe, expected] of [
        [0o775, false],
        [0o757, false],
        [0o1777, true],
        [0o755, true],
      ] as const) {
        chmodSync(path, unsafe);
        expect(safe()).toBe(expected);
      }
      chmodSync(path, mode);
      chownSync(path, 65_534, 0);
      expect(safe()).toBe(false);
      expect(isSafePath(target, { uid: 65_534 })).toBe(true);
      chownSync(path, 0, 0);
    }
  });

  it("is not known of a link, nor of what is not there", () => {
    symlinkSync(target, `${scratch.path}/link`);
    for (const path of [`${scratch.path}/link`, `${scratch.path}/link/..`, `${scratch.path}/none`])
      expect(safe(path as BytePath)).toBe(false);
  });

  it("is not asked again below: what is ours and closed needs no descriptor, what is not does", () => {
    const before = descriptors();
    mkdirSync(at("theirs"));
    chownSync(at("theirs"), 65_534, 65_534);
    mkdirSync(at("open"));
    chmodSync(at("open"), 0o777);
    const to = put(writer(), ROOT_DIR, entry("a", "dir"), entry("a/b", "dir", { mode: 0o777 }));
    expect(descriptors()).toBe(before);
    put(to, entry("open", "dir"), entry("open/c", "dir"));
    expect(descriptors()).toBe(before + 2);
    put(to, entry("theirs", "dir"));
    swap("theirs");
    put(to, entry("theirs/f", "file")).finish();
    expect(descriptors()).toBe(before);
    expect(readdirSync(at("theirs-moved"))).toEqual(["f"]);
  });

  it("is asked of a relative target, too", () => {
    const home = process.cwd();
    try {
      process.chdir(scratch.path);
      expect([safe("out" as BytePath), safe("." as BytePath), safe("../x" as BytePath)]).toEqual([true, true, false]);
      chownSync(scratch.path, 65_534, 0);
      expect([safe("out" as BytePath), safe("." as BytePath)]).toEqual([false, false]);
    } finally {
      process.chdir(home);
    }
  });
});

describe.runIf(holderHere() !== undefined)("a link or fifo that somebody exchanges before it has its attributes", () => {
  const open = (): Folder => Folder.open(target, false, holderHere())!;
  beforeEach(() => mkdirSync(target));

  it.each<[string, () => void]>([
    ["a link", () => symlinkSync(`${outside()}/canary`, at("f"))],
    ["another name of a file", () => linkSync(`${outside()}/canary`, at("f"))],
    [
      "another name of a fifo",
      () => {
        execFileSync("mkfifo", [at("x")]);
        linkSync(at("x"), at("f"));
      },
    ],
  ])("for %s: nothing is changed", (_, make) => {
    make();
    const before = lstatSync(at("f"));
    const canary = statSync(`${outside()}/canary`);
    const folder = open();
    expect(() => settleNode(folder, "f" as BytePath, entry("f", "fifo", { mode: 0o777, uid: 99 }), options)).toThrow(
      "somebody else",
    );
    folder.close();
    expect(lstatSync(at("f"))).toEqual(before);
    expect(statSync(`${outside()}/canary`)).toEqual(canary);
  });
});

describe.each([true, false])("TreeWriter (directories held: %s)", (holdFolders) => {
  it("writes the same tree", () => {
    const deep = Array.from({ length: 90 }, (_, n) => entry(Array.from({ length: n + 1 }, () => "x").join("/"), "dir"));
    mkdirSync(at("d"), { recursive: true });
    symlinkSync(outside(), at("e"));
    put(
      writer({ holdFolders }),
      ROOT_DIR,
      entry("\xff\xfe", "dir", { mode: 0o500 }),
      entry("\xff\xfe/f", "fifo"),
      entry("\xff\xfe/l", "symlink", { linkTarget: "\xfd" as BytePath, uid: 7 }),
    ).finish();
    put(
      writer({ holdFolders }),
      entry("d", "dir", { mode: 0o2750 }),
      entry("d/f", "file"),
      entry("e", "dir"),
      entry("e/f", "file"),
      ...deep,
    ).finish();
    expect(lstatSync(pathToBytes(joinPath(target, "\xff\xfe/l" as BytePath)))).toMatchObject({ uid: 7, mtimeMs: 1e12 });
    expect(lstatSync(pathToBytes(joinPath(target, "\xff\xfe/f" as BytePath))).isFIFO()).toBe(true);
    expect(statSync(at("d")).mode & 0o7777).toBe(0o2750);
    expect(readdirSync(at("e"))).toEqual(["f"]);
    expect(lstatSync(at("e")).isDirectory()).toBe(true);
    for (const { path } of deep) expect(statSync(at(path))).toMatchObject({ mtimeMs: 1e12 });
    expect(problems).toEqual([]);
  });

  it("refuses a link whose target has a NUL in it", () => {
    put(writer({ holdFolders }), ROOT_DIR, entry("l", "symlink", { linkTarget: "a\0b" as BytePath })).finish();
    expect(problems).toMatchObject([{ reason: "conflict", path: "l", incomplete: true }]);
    expect(readdirSync(target)).toEqual([]);
  });
});
