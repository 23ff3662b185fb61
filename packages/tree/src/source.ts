import { type BytePath, errnoOf, type NoticeReason, type PathEntry } from "@doppel/base";

/** One object of the source as `lstat` saw it during the walk, with what is needed to open it and to notice a swap. */
export interface SourceEntry extends PathEntry {
  /** `<normalised source>/<path>`: what the system calls are given. Relative when the source was given so. */
  readonly absolute: BytePath;
  /** What the system says is its size: also of folders and links, unlike `size`. Statistics count it (duplicity-cli.md 4.3). */
  readonly statSize: number;
  /** Of the file system that it lies on. */
  readonly dev: number;
  /** Its number there. */
  readonly inode: bigint;
  /** Nanoseconds since 1970, unlike `mtime` also negative. */
  readonly mtimeNs: bigint;
  /** As `mtimeNs`, of the last change of its attributes. */
  readonly ctimeNs: bigint;
  /** Set when the walk followed links (`copyLinks`): this may be what one points to. */
  readonly throughLink?: true;
}

/** One object that is not stored, or not restored, as it should be. The run goes on. */
export interface TreeProblem {
  /** In what way. */
  readonly reason: NoticeReason;
  /** Relative to the root of the tree. */
  readonly path: BytePath;
  /** Whether something that was asked for is now missing. */
  readonly incomplete: boolean;
  /** What happened, without the path, for a person. */
  readonly detail: string;
}

/** A {@link TreeProblem} on its way up: the entry in hand has to be left out, the run goes on. */
export class TreeProblemError extends Error {
  /** What is to be told. */
  readonly problem: TreeProblem;

  constructor(problem: TreeProblem, cause?: unknown) {
    super(problem.detail, cause === undefined ? undefined : { cause });
    this.name = "TreeProblemError";
    this.problem = problem;
  }
}

/** The errno of a system call that failed ("ENOENT"); undefined for every other kind of error, which is for others to handle. */
export function errnoOfCall(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "syscall" in error ? errnoOf(error) : undefined;
}

/**
 * A path as the rules and the system calls see it (command-line spec 6.1): no empty or `.` components, no slash at the
 * end, `..` kept, links not resolved; `.` when nothing is left.
 */
export function normaliseSource(text: BytePath): BytePath {
  const names = text.split("/").filter((name) => name !== "" && name !== ".");
  const joined = (text.startsWith("/") ? "/" : "") + names.join("/");
  return (joined === "" ? "." : joined) as BytePath;
}
