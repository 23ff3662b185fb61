import { type BytePath, DoppelError, displayPath } from "@doppel/base";

/** The error of a state that has no entry at `path`, or none at all. */
export function nothingFound(path: BytePath | undefined, verb: "restored" | "verified" | "read"): DoppelError {
  if (path === undefined || path === "") {
    const reason = "it holds no entry, not even the root";
    return new DoppelError("format.bad-set", `the backup cannot be ${verb}: ${reason}`, { set: "", reason });
  }
  const shown = displayPath(path);
  const message = `${shown} not found in archive - no files ${verb}; \`list\` shows what is in it, --time chooses another backup`;
  return new DoppelError("restore.path-not-found", message, { path: shown });
}
