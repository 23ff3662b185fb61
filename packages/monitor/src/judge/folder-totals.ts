import type { FolderDigest } from "../state/memory.ts";

/** Files and bytes in a folder and everything below it. */
interface Totals {
  readonly files: number;
  readonly bytes: number;
}

/** The folders of one receipt, which counts each without those of its own below it: together with them, however deep it goes. */
export class FolderTotals {
  /** Components of the longest name. */
  readonly depth: number;
  readonly #totals = new Map<string, Totals>();

  constructor(folders: readonly FolderDigest[]) {
    let depth = 0;
    for (const { name, files, bytes } of folders) {
      const parts = name.split("/");
      if (name !== "." && name !== "…") depth = Math.max(depth, parts.length);
      for (let end = 1; end <= parts.length; end++) {
        const above = parts.slice(0, end).join("/");
        const known = this.#totals.get(above) ?? { files: 0, bytes: 0 };
        this.#totals.set(above, { files: known.files + files, bytes: known.bytes + bytes });
      }
    }
    this.depth = depth;
  }

  /** Those that it counts and those above them. */
  names(): readonly string[] {
    return [...this.#totals.keys()].filter((name) => name !== "…");
  }

  of(name: string): Totals {
    return this.#totals.get(name) ?? { files: 0, bytes: 0 };
  }

  /** Whether it has no file; undefined when it lies deeper than this receipt counts, in a folder that has some. */
  isEmpty(name: string): boolean | undefined {
    if (this.of(name).files > 0) return false;
    const above = name.split("/").slice(0, this.depth).join("/");
    return above === name || this.of(above).files === 0 ? true : undefined;
  }
}
