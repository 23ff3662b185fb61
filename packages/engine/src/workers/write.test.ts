import { execFileSync, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type BytePath, type PathEntry, pathFromText } from "@doppel/base";
import { tempDir } from "@doppel/testkit";
import { OwnerNames, type TreeProblem, TreeWriter } from "@doppel/tree";
import { describe, expect, it } from "vitest";
import { WriterThreads } from "./write.ts";

const random = { bytes: (n: number) => randomBytes(n) };
const CHUNK = 400_000; // fits neither slots nor files

interface Item {
  readonly entry: PathEntry;
  readonly content?: Buffer;
  /** Given up behind its content. */
  readonly givenUp?: boolean;
}

function item(path: string, type: PathEntry["type"], content?: Buffer, givenUp = false): Item {
  const link = type === "symlink" ? { linkTarget: "to" as BytePath } : {};
  const attributes = { mode: 0o750, uid: 12, gid: 34, uname: "", gname: "", mtime: 1_234_567, size: content?.length ?? 0 };
  return { entry: { path: path as BytePath, type, ...attributes, ...link }, ...(content ? { content } : {}), givenUp };
}

/** Folders, many small and some large files, links; in order. */
const TREE: readonly Item[] = [
  item("", "dir"),
  ...["a", "b"].flatMap((folder) => [
    item(folder, "dir"),
    ...Array.from({ length: 500 }, (_, n) => {
      const name = `${folder}/${String(n).padStart(4, "0")}`;
      if (n % 100 === 7) return item(name, "symlink");
      const size = n % 400 === 3 ? 3_000_000 + n : (n * 37) % 5000;
      return item(name, "file", Buffer.alloc(size, `${name} `), n % 300 === 11 || n === 403);
    }),
  ]),
  item("c", "file", Buffer.alloc(10)),
];

async function write(target: string, threads: number, force = false): Promise<{ problems: TreeProblem[]; entries: number }> {
  const problems: TreeProblem[] = [];
  const options = { numericOwner: true, restoreOwner: true };
  await using crew = threads > 1 ? new WriterThreads(threads, options) : undefined;
  const writer = new TreeWriter(pathFromText(target), {
    ...options,
    owners: OwnerNames.system(),
    force,
    random,
    crew: () => crew,
    onProblem: (problem) => problems.push(problem),
  });
  try {
    for (const { entry, content, givenUp } of TREE) {
      await writer.room();
      writer.begin(entry);
      for (let at = 0; content && at < content.length; at += CHUNK) {
        await writer.room();
        writer.write(content.subarray(at, at + CHUNK));
      }
      if (givenUp) writer.abort();
      else writer.end();
    }
    await crew?.drain();
    writer.finish();
  } catch (error) {
    await crew?.[Symbol.asyncDispose]();
    writer.abandon();
    throw error;
  }
  return { problems, entries: writer.written.entries };
}

function scan(target: string): readonly string[] {
  return ["", ...(readdirSync(target, { recursive: true }) as string[])].sort().map((path) => {
    const at = join(target, path);
    const stat = lstatSync(at);
    const link = stat.isSymbolicLink();
    const content = link ? readlinkSync(at) : stat.isFile() ? createHash("sha1").update(readFileSync(at)).digest("hex") : "";
    return `${path} ${stat.mode} ${stat.uid}:${stat.gid} ${stat.mtimeMs} ${content}`;
  });
}

describe("WriterThreads", () => {
  it("write the tree that one thread writes", async () => {
    const [one, many] = [join(tempDir(), "one"), join(tempDir(), "many")];
    const alone = await write(one, 1);
    const together = await write(many, 3);
    expect(together).toEqual(alone);
    expect(together.problems).toEqual([]);
    expect(scan(many)).toEqual(scan(one));
    expect(scan(many).length).toBeGreaterThan(900);
  });

  it.each([false, true])("meet what is in the way as one thread does (force: %s)", async (force) => {
    const [one, many] = [join(tempDir(), "one"), join(tempDir(), "many")];
    for (const target of [one, many]) {
      mkdirSync(join(target, "a/0100"), { recursive: true });
      mkdirSync(join(target, "a/0200"));
      for (const name of ["a/0100/x", "a/0005", "b", "c"]) writeFileSync(join(target, name), "old");
      for (const name of ["a/0100/x", "a/0005", "b", "c", "a/0100", "a/0200"]) utimesSync(join(target, name), 1, 1);
    }
    const alone = await write(one, 1, force);
    const together = await write(many, 2, force);
    expect(together).toEqual(alone);
    expect(together.problems.length).toBeGreaterThan(0);
    expect(scan(many)).toEqual(scan(one));
  });

  it("do not follow a link that somebody puts in the place of their directory", async (test) => {
    if (!existsSync("/proc/self/fd")) test.skip("directories cannot be held here");
    const [target, outside] = [join(tempDir(), "out"), tempDir()];
    mkdirSync(target);
    chownSync(target, 65_534, 65_534); // somebody else's, as those have to be whose entries may be exchanged
    const options = { numericOwner: true, restoreOwner: true, owners: OwnerNames.system() };
    await using crew = new WriterThreads(2, { numericOwner: true, restoreOwner: true });
    const problems: TreeProblem[] = [];
    const onProblem = (problem: TreeProblem) => void problems.push(problem);
    const writer = new TreeWriter(pathFromText(target), { ...options, force: true, random, crew: () => crew, onProblem });
    const folders = Array.from({ length: 400 }, (_, n) => `d${String(n).padStart(3, "0")}`);
    for (const entry of [item("", "dir"), ...folders.flatMap((name) => [item(name, "dir"), item(`${name}/f`, "file")])]) {
      await writer.room();
      writer.begin(entry.entry);
      writer.write(Buffer.from("x"));
      if (entry.entry.type === "dir" && entry.entry.path !== "") {
        // What this thread has entered and the others have still to write in.
        const path = join(target, entry.entry.path);
        renameSync(path, join(target, `moved-${entry.entry.path}`));
        symlinkSync(outside, path);
      }
      writer.end();
    }
    await crew.drain();
    writer.finish();
    expect(readdirSync(outside)).toEqual([]);
    for (const name of folders) expect(readdirSync(join(target, `moved-${name}`))).toEqual(["f"]);
    expect(lstatSync(join(target, `moved-${folders[0]}`))).toMatchObject({ mtimeMs: 1_234_567_000, uid: 12 });
    expect(problems).toEqual([]);
  });

  it("end at a full disk and leave nothing half", async (test) => {
    const target = tempDir();
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", target]).status === 0;
    if (!mounted) test.skip("a small file system cannot be mounted here");
    try {
      await expect(write(target, 2)).rejects.toMatchObject({ code: "restore.write-failed", data: { reason: "ENOSPC" } });
      const expected = new Map(TREE.map(({ entry, content }) => [entry.path as string, content]));
      for (const name of readdirSync(target, { recursive: true }) as string[]) {
        expect(expected.has(name)).toBe(true);
        const content = expected.get(name);
        if (content && lstatSync(join(target, name)).isFile())
          expect(readFileSync(join(target, name)).equals(content)).toBe(true);
      }
    } finally {
      execFileSync("umount", [target]);
    }
  });
});
