import { type BytePath, DoppelError, displayPath, joinPath, ROOT } from "@doppel/base";
import type { TreeWriter } from "@doppel/tree";
import type { RestoreJob } from "../job.ts";

/** Where one entry goes. */
export interface Place {
  readonly path: BytePath;
  readonly writer: TreeWriter;
}

interface Rename {
  readonly from: BytePath;
  readonly to: BytePath;
  writer?: TreeWriter;
}

/**
 * Where the entries of a restore go when some of them are renamed. A writer takes paths in order only, which a rename
 * breaks; what is below one `from` is in order in itself, so each has a writer of its own, with the same checks.
 */
export class Places {
  readonly #main: TreeWriter;
  readonly #renames: readonly Rename[];
  readonly #open: () => TreeWriter;

  /** @throws restore.unsafe-path when a new name is no path inside the target */
  constructor({ renames }: Pick<RestoreJob, "renames">, open: () => TreeWriter) {
    this.#main = open();
    this.#open = open;
    this.#renames = renames.map(({ from, to }) => ({ from: plain(from), to: inside(to) }));
  }

  /** Of an entry by its path in the restored tree. */
  of(path: BytePath): Place {
    const rename = this.#renames.find(({ from }) => from === "" || path === from || path.startsWith(`${from}/`));
    if (rename === undefined) return { path, writer: this.#main };
    rename.writer ??= this.#open();
    const rest = path === rename.from ? ROOT : ((rename.from === "" ? path : path.slice(rename.from.length + 1)) as BytePath);
    return { path: rest === "" ? rename.to : rename.to === "" ? rest : joinPath(rename.to, rest), writer: rename.writer };
  }

  /** What has got its name so far. */
  get entries(): number {
    return this.#writers.reduce((sum, { written }) => sum + written.entries, 0);
  }

  finish(): void {
    for (const writer of this.#writers) writer.finish();
  }

  /** Removes what is unfinished; whoever writes for these places must have stopped. */
  abandon(): void {
    for (const writer of this.#writers) writer.abandon();
  }

  get #writers(): readonly TreeWriter[] {
    return [...this.#renames.flatMap(({ writer }) => writer ?? []), this.#main];
  }
}

/** As paths of a backup are: no slashes at the ends, no `.`. */
function plain(path: BytePath): BytePath {
  return path
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .join("/") as BytePath;
}

function inside(to: BytePath): BytePath {
  if (!to.startsWith("/") && !to.includes("\0") && !to.split("/").includes("..")) return plain(to);
  const path = displayPath(to);
  const message = `${path} cannot be the new name of something restored: it has to be a path inside the target, without ..`;
  throw new DoppelError("restore.unsafe-path", message, { path });
}
