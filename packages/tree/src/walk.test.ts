import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, lutimesSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { type BytePath, comparePaths, joinPath, type PathEntry, pathToBytes } from "@doppel/base";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OwnerNames } from "./owners.ts";
import { compileRules } from "./rules/compile.ts";
import type { Rules, SelectionOption } from "./rules/rules.ts";
import { asNobody, makeScratch, makeTree } from "./test-support.ts";
import { normaliseSource, type SourceEntry, type TreeProblem } from "./source.ts";
import { type WalkOptions, walkTree } from "./walk.ts";

let scratch: ReturnType<typeof makeScratch>;
let root: BytePath;
let problems: TreeProblem[];

beforeEach(() => {
  scratch = makeScratch();
  root = joinPath(scratch.path, "src" as BytePath);
  mkdirSync(root);
  problems = [];
});
afterEach(() => scratch.remove());

const owners = new OwnerNames(Buffer.from("root:x:0:\nd\xe9mon:x:77:", "latin1"), Buffer.from("root:x:0:\n"));

function options(more: Partial<WalkOptions> = {}, select: readonly SelectionOption[] = []): WalkOptions {
  const rules = compileRules(select, { source: root, readFile: () => new Uint8Array(0) });
  return { rules, owners, onProblem: (problem) => problems.push(problem), ...more };
}

function walk(more: Partial<WalkOptions> = {}, select: readonly SelectionOption[] = []): SourceEntry[] {
  return [...walkTree(root, options(more, select))];
}

const paths = (entries: readonly PathEntry[]) => entries.map((entry) => entry.path as string);
const at = (path: string) => joinPath(root, path as BytePath);
const os = (path: string) => pathToBytes(at(path));

describe("normaliseSource", () => {
  it("follows the specification", () => {
    const cases = {
      "": ".",
      ".": ".",
      "./": ".",
      "./src/": "src",
      ".//src//.": "src",
      "/": "/",
      "//": "/",
      "/a/./b//": "/a/b",
      "a/../b": "a/../b",
    };
    for (const [text, normal] of Object.entries(cases)) expect(normaliseSource(text as BytePath)).toBe(normal);
  });
});

describe("walkTree", () => {
  it("describes every type of entry", () => {
    makeTree(root, "dir/", "file", "link -> some\xfftarget");
    execFileSync("mkfifo", [at("fifo")]);
    chmodSync(at("fifo"), 0o4640);
    execFileSync("mknod", [at("null"), "c", "1", "3"]);
    execFileSync("mknod", [at("disk"), "b", "300", "70000"]);
    chownSync(at("file"), 77, 4_000_000_000);
    chmodSync(at("file"), 0o6755);
    chmodSync(at("dir"), 0o1777);
    for (const name of ["dir", "file", "link", "fifo", "null", "disk"]) lutimesSync(at(name), 3_981_000_000, 3_981_000_000.75);
    const found = new Map(walk().map((entry) => [entry.path as string, entry]));
    const common = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: 3_981_000_000, size: 0 };
    expect(found.get("dir")).toMatchObject({ ...common, type: "dir", mode: 0o1777 });
    expect(found.get("file")).toMatchObject({
      ...common, type: "file", mode: 0o6755, uid: 77, gid: 4_000_000_000, uname: "d\xe9mon", gname: "", size: 4,
    }); // biome-ignore format: one entry
    expect(found.get("link")).toMatchObject({ ...common, type: "symlink", mode: 0o777, linkTarget: "some\xfftarget" });
    expect(found.get("fifo")).toMatchObject({ ...common, type: "fifo", mode: 0o4640 });
    expect(found.get("null")).toMatchObject({ ...common, type: "chardev", device: { major: 1, minor: 3 } });
    expect(found.get("disk")).toMatchObject({ ...common, type: "blockdev", device: { major: 300, minor: 70000 } });
    expect(found.get("file")?.mtimeNs).toBe(lstatSync(at("file"), { bigint: true }).mtimeNs);
    expect(problems).toEqual([]);
  });

  it("keeps names as bytes, and in the order of the format", () => {
    const long = "n".repeat(255);
    makeTree(root, "a/x", "a.txt", "a-b/c", "\xff\xfe", "two\nlines", "\xc3\xa4/\x80", long);
    expect(paths(walk())).toEqual([
      "", "a", "a/x", "a-b", "a-b/c", "a.txt", long, "two\nlines", "\xc3\xa4", "\xc3\xa4/\x80", "\xff\xfe",
    ]); // biome-ignore format: a list of names
  });

  it("is in strict order on any tree", () => {
    const name = fc.constantFrom("a", "a-", "a.", "a0", "b", "\x01", "\xe9", " ");
    const tree = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 12 });
    fc.assert(
      fc.property(tree, (files) => {
        rmSync(root, { recursive: true });
        mkdirSync(root);
        const expected = new Set<string>([""]);
        for (const names of files) {
          mkdirSync(os(names.join("/")), { recursive: true });
          for (let i = 1; i <= names.length; i++) expected.add(names.slice(0, i).join("/"));
        }
        const found = paths(walk()) as BytePath[];
        expect(new Set(found)).toEqual(expected);
        for (let i = 1; i < found.length; i++) expect(comparePaths(found[i - 1]!, found[i]!)).toBeLessThan(0);
      }),
      { numRuns: 60 },
    );
  });

  it("takes a file, a fifo or a link as the root", () => {
    makeTree(root, "file", "link -> file");
    execFileSync("mkfifo", [at("fifo")]);
    for (const [name, type] of [
      ["file", "file"],
      ["link", "symlink"],
      ["fifo", "fifo"],
    ] as const) {
      const found = [...walkTree(at(name), options())];
      expect(found.map((entry) => [entry.path, entry.type, entry.absolute])).toEqual([["", type, at(name)]]);
    }
  });

  it("tells of sockets and times before 1970, and goes on", async () => {
    makeTree(root, "old", "z");
    execFileSync("touch", ["-d", "1969-12-31T23:59:54.5Z", at("old")]); // Node takes a negative time for now
    const server = createServer().listen(at("socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect(walk().map((entry) => [entry.path, entry.mtime > 0])).toEqual([
      ["", true],
      ["old", false],
      ["z", true],
    ]);
    expect(problems).toMatchObject([
      { reason: "negative-mtime", path: "old", incomplete: false },
      { reason: "socket", path: "socket", incomplete: false },
    ]);
    problems = [];
    walk({}, [{ option: "exclude", value: `${root}/socket` }]);
    expect(problems).toMatchObject([{ path: "old" }]);
    await new Promise((resolve) => server.close(resolve));
  });

  it("tells of what cannot be read", () => {
    makeTree(root, "closed/x", "open/x");
    chmodSync(scratch.path, 0o755);
    chmodSync(at("closed"), 0);
    expect(asNobody(() => paths(walk()))).toEqual(["", "open", "open/x"]);
    expect(problems).toMatchObject([{ reason: "unreadable", path: "closed", incomplete: true }]);
    chmodSync(root, 0o700);
    expect(() => asNobody(() => walk())).toThrow(expect.objectContaining({ code: "source.unreadable" }));
  });

  it("refuses a source that is not there", () => {
    expect(() => [...walkTree(at("nothing"), options())]).toThrow(expect.objectContaining({ code: "source.missing" }));
    makeTree(root, "file");
    expect(() => [...walkTree(at("file/below"), options())]).toThrow(expect.objectContaining({ code: "source.missing" }));
  });

  it("survives a tree that changes under it", () => {
    makeTree(root, "a/1", "b", "c/1", "d");
    const entries: string[] = [];
    for (const entry of walkTree(root, options())) {
      entries.push(entry.path);
      if (entry.path !== "") continue;
      rmSync(at("b"));
      makeTree(root, "a/0", "aa");
      renameSync(at("c"), at("c2"));
      writeFileSync(at("c"), "");
    }
    expect(entries).toEqual(["", "a", "a/0", "a/1", "c", "d"]);
    expect(problems).toMatchObject([{ reason: "vanished", path: "b", incomplete: true }]);
  });

  it("survives a directory that is replaced between looking and listing", () => {
    makeTree(root, "a/1", "b/1");
    const meddler: Rules = {
      judge: (full) => {
        if (full.endsWith("/a")) rmSync(full, { recursive: true });
        return "include";
      },
      excludesDirectory: () => false,
      unmatched: () => [],
    };
    expect(paths(walk({ rules: meddler }))).toEqual(["", "b", "b/1"]);
    expect(problems).toMatchObject([{ reason: "vanished", path: "a" }]);
  });

  it("reports what lies deeper than the system allows", () => {
    const home = process.cwd();
    const name = "d".repeat(250);
    process.chdir(root);
    for (let i = 0; i < 20; i++) {
      mkdirSync(name);
      process.chdir(name);
    }
    process.chdir(home);
    const found = walk();
    expect(found.length).toBeGreaterThan(15);
    expect(problems).toMatchObject([
      { reason: "unreadable", incomplete: true, detail: "its path is longer than the system allows" },
    ]);
  });

  it("follows links on request, but not for ever", () => {
    makeTree(root, "d/x", "d/up -> ..", "link -> d", "dangling -> nowhere", "file -> d/x", "ring -> ring");
    const found = walk({ copyLinks: true });
    expect(found.map((entry) => `${entry.path} ${entry.type}`)).toEqual([
      " dir", "d dir", "d/x file", "dangling symlink", "file file", "link dir", "link/x file", "ring symlink",
    ]); // biome-ignore format: a list of names
    expect(problems).toMatchObject([
      { reason: "unstorable", path: "d/up", incomplete: true },
      { reason: "unstorable", path: "link/up", incomplete: true },
    ]);
  });

  it("gives a scanned directory once something in it is included, with all that lead to it", () => {
    makeTree(root, "a/b/c/deep", "a/b/other", "e/f/nothing");
    execFileSync("touch", ["-d", "1969-12-31T00:00:00Z", at("e/f")]);
    const select: SelectionOption[] = [
      { option: "include", value: "**deep" },
      { option: "exclude", value: "**" },
    ];
    expect(paths(walk({}, select))).toEqual(["", "a", "a/b", "a/b/c", "a/b/c/deep"]);
    expect(problems).toEqual([]);
  });
});
