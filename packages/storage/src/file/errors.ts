import { type BytePath, DoppelError, displayPath, displayText, errnoOf } from "@doppel/base";

type Operation = "open" | "list" | "look up" | "read" | "store" | "delete";

/**
 * A failed system call as the error a caller can act on; anything else (a payload's own failure, an abort, an error that
 * is classified already) is returned as it is.
 */
export function fileError(error: unknown, operation: Operation, directory: BytePath, name?: string): unknown {
  const errno = errnoOf(error);
  if (!(error instanceof Error) || error instanceof DoppelError || errno === undefined || !("syscall" in error)) return error;
  const place = displayPath(directory);
  const what =
    name === undefined ? `cannot ${operation} the target directory ${place}` : `cannot ${operation} ${name} in ${place}`;
  const subject = name ?? place;
  switch (errno) {
    case "ENOENT":
      return new DoppelError("storage.not-found", `${what}: it does not exist; check the path`, { name: subject }, error);
    case "EEXIST":
      return new DoppelError(
        "storage.exists",
        `${what}: the name is taken, and nothing is ever replaced (two backups in the same second, or another machine writes here); run it again`,
        { name: subject },
        error,
      );
    case "ENOTDIR":
      return new DoppelError(
        "storage.bad-url",
        `${what}: a part of that path is not a directory; name a directory as the target`,
        { url: place, reason: "not a directory" },
        error,
      );
    case "ENOSPC":
    case "EDQUOT":
      return new DoppelError(
        "storage.full",
        `${what}: ${errno === "ENOSPC" ? "no space is left" : "the disk quota is used up"}; free some space and run it again`,
        { name: subject },
        error,
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new DoppelError(
        "storage.denied",
        `${what}: ${errno === "EROFS" ? "the file system is read-only" : "permission denied"}; check the owner, mode and mount of ${place}`,
        { operation, name: subject },
        error,
      );
    case "ENAMETOOLONG":
      return new DoppelError(
        "storage.bad-name",
        `${what}: the name is too long for this file system; shorten --file-prefix`,
        { name: subject },
        error,
      );
    default:
      return new DoppelError(
        "storage.unavailable",
        `${what}: ${displayText(error.message)}; check the disk or the mount of ${place}`,
        { operation },
        error,
      );
  }
}
