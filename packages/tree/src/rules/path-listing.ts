import { type BytePath, DoppelError, displayPath, displayText, pathFromBytes } from "@doppel/base";
import type { ListedFolder, UnmatchedRule } from "./rules.ts";
import { textOf } from "./text.ts";

/**
 * The paths of `--files-from` (command-line spec 6.5) as a tree of names: what is not in it does not exist for the walk.
 * Every character counts, also `#` and blanks; only the CR of a line that ends in CR LF does not.
 */
export class PathListing {
  readonly #file: string;
  readonly top: ListedFolder = listedFolder();
  readonly #asked: { readonly folder: ListedFolder; readonly path: BytePath; readonly line: number }[] = [];

  /** @throws DoppelError rules.absolute-path, rules.no-paths, rules.malformed (a path that leads out of the source) */
  constructor(file: string, bytes: Uint8Array, separator: "\n" | "\0") {
    this.#file = file;
    const lines = pathFromBytes(bytes)
      .replace(/^\xef\xbb\xbf/, "")
      .split(separator);
    lines.forEach((raw, index) => {
      const path = (separator === "\n" ? raw.replace(/\r$/, "") : raw) as BytePath;
      if (path !== "") this.#ask(path, index + 1);
    });
    if (this.#asked.length > 0) return;
    const message = `the list ${displayText(file)} has no path in it, so nothing would be backed up; add paths, or leave --files-from out`;
    throw new DoppelError("rules.no-paths", message, { file });
  }

  /** What was listed and never met. */
  unmatched(): readonly UnmatchedRule[] {
    return this.#asked
      .filter(({ folder }) => !folder.met)
      .map(({ path, line }) => ({ pattern: textOf(path), kind: "include", origin: `${this.#file}:${line}` }));
  }

  #ask(path: BytePath, line: number): void {
    const shown = displayPath(path);
    const where = displayText(`${this.#file}:${line}`);
    if (path.startsWith("/")) {
      const message = `${where}: ${shown} is absolute; the paths in a list of --files-from are relative to the source`;
      throw new DoppelError("rules.absolute-path", message, { file: this.#file, path: shown });
    }
    const names = path.split("/").filter((name) => name !== "" && name !== ".");
    if (names.includes("..")) {
      const reason = "a listed path must not lead upwards";
      throw new DoppelError("rules.malformed", `${where}: ${shown} has .. in it; ${reason}`, { pattern: shown, reason });
    }
    let folder = this.top;
    for (const name of names) {
      let next = folder.below.get(name);
      if (next === undefined) folder.below.set(name, (next = listedFolder()));
      folder = next;
    }
    this.#asked.push({ folder, path, line });
  }
}

function listedFolder(): ListedFolder {
  return { below: new Map(), met: false };
}
