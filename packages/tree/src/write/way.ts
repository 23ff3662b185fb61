import type { BytePath, PathEntry } from "@doppel/base";
import { conflict } from "./existing.ts";
import type { Folder } from "./folder.ts";

/** Directories that are held on the way to an entry; those further down are found again when they are needed. */
const MOST_HELD = 64;

/** A directory on the way. */
export interface Step {
  readonly path: BytePath;
  /** Undefined for one that the backup does not describe. */
  readonly entry: PathEntry | undefined;
  /** Undefined when it is not held, and not found where it was. */
  readonly folder: Folder | undefined;
}

interface Held {
  readonly path: BytePath;
  readonly entry: PathEntry | undefined;
  folder: Folder;
  /** `folder` is closed: it has to be found again. */
  isClosed: boolean;
}

/** From the root down: the directories that lead to the current entry. */
export class Way {
  readonly #steps: Held[] = [];
  readonly #open = new Set<Folder>();
  readonly #later: (path: BytePath, step: () => void) => void;

  /** @param later runs a step when all files before are done */
  constructor(later: (path: BytePath, step: () => void) => void) {
    this.#later = later;
  }

  /** Where the deepest directory is; undefined before the first. */
  get path(): BytePath | undefined {
    return this.#steps.at(-1)?.path;
  }

  /** Descriptors: of directories on the way, and of those behind us in which files are still written. */
  get held(): number {
    return this.#open.size;
  }

  /** What holds `path`, which is one name further. @throws TreeProblemError conflict, when somebody has moved it away */
  folder(path: BytePath): Folder | undefined {
    const top = this.#steps.at(-1);
    if (top?.isClosed) throw conflict(path, MOVED);
    return top?.folder;
  }

  /** Goes into a directory. `folder` is closed by {@link close} or {@link closeAll}. */
  enter(path: BytePath, entry: PathEntry | undefined, folder: Folder): void {
    const above = this.#steps.at(-1);
    // A descriptor for each of a thousand would be more than a process may have.
    if (above?.folder.isHeld && this.#steps.length > MOST_HELD) this.#letGo(above);
    if (folder.isHeld) this.#open.add(folder);
    this.#steps.push({ path, entry, folder, isClosed: false });
  }

  /** Leaves the deepest directory, which stays open until {@link close}. */
  leave(): Step {
    const { path, entry, folder, isClosed } = this.#steps.pop()!;
    const above = this.#steps.at(-1);
    if (above?.isClosed && !isClosed) this.#find(above, folder);
    return { path, entry, folder: isClosed ? undefined : folder };
  }

  close(folder: Folder): void {
    if (this.#open.delete(folder)) folder.close();
  }

  closeAll(): void {
    for (const folder of this.#open) this.close(folder);
  }

  #letGo(step: Held): void {
    if (step.isClosed) return;
    const { folder, path } = step;
    void folder.identity; // it will be known by it
    step.isClosed = true;
    this.#later(path, () => this.close(folder));
  }

  /** Goes back to the directory above `below`, if that is still the one that we came from. */
  #find(step: Held, below: Folder): void {
    const found = below.parent(step.folder);
    if (found === undefined) return;
    this.#open.add(found);
    step.folder = found;
    step.isClosed = false;
  }
}

export const MOVED = "its directory was moved elsewhere while it was restored";
