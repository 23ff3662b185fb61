import { randomContent, textContent, type TreeSpec } from "@doppel/testkit";

type BytePath = TreeSpec["path"];

/** How the source of a chain looks at one of its points, and what happened since the one before. */
export interface Step {
  readonly what: string;
  readonly tree: readonly TreeSpec[];
}

const T0 = 1_600_000_000;
const raw = (text: string): BytePath => text as BytePath;

/** A tree that changes step by step; every change gets a time of its step, as real edits do. */
export class Evolving {
  readonly #specs = new Map<BytePath, TreeSpec>();
  #step = 0;

  get tree(): TreeSpec[] {
    return [...this.#specs.values()];
  }

  next(): void {
    this.#step++;
  }

  put(path: string, content: Uint8Array | string, more: Partial<TreeSpec> = {}): void {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    this.#set({ path: raw(path), type: "file", content: bytes, mtime: T0 + this.#step * 1000, ...more });
  }

  make(path: string, type: "dir" | "fifo", more: Partial<TreeSpec> = {}): void {
    this.#set({ path: raw(path), type, mtime: T0 + this.#step * 1000, ...more });
  }

  link(path: string, target: string): void {
    this.#set({ path: raw(path), type: "symlink", target: raw(target) });
  }

  edit(path: string, change: (content: Buffer) => Buffer): void {
    const spec = this.#specs.get(raw(path));
    if (!spec) throw new Error(`nothing to edit at ${path}`);
    this.#set({ ...spec, content: change(Buffer.from(spec.content ?? "")), mtime: T0 + this.#step * 1000 });
  }

  change(path: string, more: Partial<TreeSpec>): void {
    const spec = this.#specs.get(raw(path));
    if (!spec) throw new Error(`nothing to change at ${path}`);
    this.#set({ ...spec, ...more });
  }

  remove(path: string): void {
    for (const key of Array.from(this.#specs.keys())) if (key === path || key.startsWith(`${path}/`)) this.#specs.delete(key);
  }

  rename(from: string, to: string): void {
    for (const [key, spec] of Array.from(this.#specs)) {
      if (key !== from && !key.startsWith(`${from}/`)) continue;
      this.#specs.delete(key);
      this.#specs.set(raw(to + key.slice(from.length)), { ...spec, path: raw(to + key.slice(from.length)) });
    }
  }

  #set(spec: TreeSpec): void {
    this.#specs.set(spec.path, spec);
  }
}

export const spliced = (content: Buffer, at: number, remove: number, insert: Uint8Array | string): Buffer =>
  Buffer.concat([content.subarray(0, at), Buffer.from(insert), content.subarray(at + remove)]);

/** Eight points of one history: edits of every kind that the format has to carry. */
export function history(): Step[] {
  const tree = new Evolving();
  const steps: Step[] = [];
  const step = (what: string, edit: () => void): void => {
    edit();
    steps.push({ what, tree: tree.tree });
    tree.next();
  };

  step("the beginning", () => {
    tree.put("data/grows", randomContent("grows", 900_000));
    tree.put("data/big", randomContent("big", 2_500_000));
    tree.put("data/text", textContent("text", 200_000));
    tree.put("data/shrinks", textContent("shrinks", 120_000));
    tree.put("data/empties", "soon nothing\n");
    tree.put("data/empty", "");
    for (const size of [511, 512, 513, 2047, 2048, 2049, 65_535, 65_536, 65_537])
      tree.put(`sizes/${size}`, textContent(`${size}`, size));
    tree.put("attributes/mode", "mode\n");
    tree.put("attributes/time", "time\n");
    tree.put("attributes/owner", "owner\n");
    tree.make("attributes/folder", "dir", { mode: 0o750 });
    tree.put("types/file-to-dir", "a file\n");
    tree.put("types/dir-to-file/inner/deep", "in a folder\n");
    tree.put("types/file-to-link", "a file\n");
    tree.link("types/link-to-file", "elsewhere");
    tree.put("types/dir-to-link/x", "x\n");
    tree.make("types/fifo-to-file", "fifo");
    tree.put("types/file-to-fifo", "a file\n");
    tree.put("tree/a", "a\n");
    tree.put("tree/b/c/d", "d\n");
    tree.put("tree/b.txt", "sorts between\n");
    tree.put("tree/b-x", "sorts between\n");
    tree.put("gone/one", "1\n");
    tree.put("gone/two/three", "3\n");
    tree.put("names/new\nline", "1\n");
    tree.put("names/bytes-\xff\xfe", "1\n");
    tree.put(`names/${"n".repeat(255)}`, "1\n");
    tree.put("names/dir-\xe9/in it", "1\n");
  });
  step("contents: appended, inserted, overwritten, cut, emptied, filled", () => {
    tree.edit("data/text", (content) => Buffer.concat([content, Buffer.from("one more line\n")]));
    tree.edit("data/big", (content) => spliced(spliced(content, 1_000_000, 0, "inserted"), 2_000_000, 10, "0123456789"));
    tree.edit("data/shrinks", (content) => content.subarray(0, 1234));
    tree.edit("data/empties", () => Buffer.alloc(0));
    tree.put("data/empty", textContent("filled", 70_000));
    for (const size of [511, 512, 513, 65_536])
      tree.edit(`sizes/${size}`, (content) => Buffer.concat([content, Buffer.from("x")]));
    tree.edit("sizes/2048", (content) => spliced(content, 0, 1, "y"));
  });
  step("attributes only: mode, time, owner, of files and a folder", () => {
    tree.change("attributes/mode", { mode: 0o4755 });
    tree.change("attributes/time", { mtime: T0 - 12_345 });
    tree.change("attributes/owner", { uid: 1, gid: 65_534 });
    tree.change("attributes/folder", { mode: 0o2755 });
  });
  step("types: every object becomes another one; a renamed folder", () => {
    tree.remove("types/file-to-dir");
    tree.put("types/file-to-dir/inside", "now a folder\n");
    tree.remove("types/dir-to-file");
    tree.put("types/dir-to-file", "now a file\n");
    tree.remove("types/file-to-link");
    tree.link("types/file-to-link", "dir-to-file");
    tree.remove("types/link-to-file");
    tree.put("types/link-to-file", "now a file\n");
    tree.remove("types/dir-to-link");
    tree.link("types/dir-to-link", "file-to-dir");
    tree.remove("types/fifo-to-file");
    tree.put("types/fifo-to-file", "now a file\n");
    tree.remove("types/file-to-fifo");
    tree.make("types/file-to-fifo", "fifo");
    tree.rename("tree/b", "tree/renamed");
    tree.remove("gone");
  });
  step("a file that grows across volume borders, scattered edits", () => {
    tree.edit("data/grows", (content) => Buffer.concat([content, randomContent("growth", 2_600_000)]));
    tree.edit("data/big", (content) => {
      const edited = Buffer.from(content);
      for (let i = 0; i < 60; i++) edited.write("edit", (i * 41_213) % (edited.length - 4), "latin1");
      return edited;
    });
    tree.put("names/new\nline", "2\n");
    tree.remove("names/bytes-\xff\xfe");
    tree.put("names/dir-\xe9/in it", "2\n");
  });
  step("nothing at all", () => {});
  step("back again: types, a renamed folder, deleted files with other content", () => {
    tree.remove("types/file-to-dir");
    tree.put("types/file-to-dir", "a file again\n");
    tree.remove("types/dir-to-file");
    tree.put("types/dir-to-file/inner/deep", "in a folder again\n");
    tree.remove("types/dir-to-link");
    tree.put("types/dir-to-link/x", "x again\n");
    tree.rename("tree/renamed", "tree/b");
    tree.put("gone/one", "back\n");
    tree.put("names/bytes-\xff\xfe", "back\n");
    tree.edit("data/grows", (content) => content.subarray(0, 300_000));
  });
  step("almost everything gone", () => {
    for (const path of ["data", "sizes", "types", "tree", "names"]) tree.remove(path);
    tree.put("last", "the last one\n");
  });
  return steps;
}
