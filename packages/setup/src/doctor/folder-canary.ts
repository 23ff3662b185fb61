import { closeSync, fstatSync, openSync, unlinkSync, writeSync } from "node:fs";
import { errnoOf, joinPath, pathFromText, pathToBytes } from "@doppel/base";
import type { DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";
import { skewFinding } from "./skew.ts";

/** What names of canaries begin with, of those in buckets, too. */
export const CANARY = "doppel-canary-";

const CONTENT = "doppel was here: it tried whether this file could be deleted or written over, and it could not be removed.\n";

/** Whether this user may destroy what lies in a local folder, tried on a file of our own; and what the folder's clock says. */
export async function folderAppendOnly({
  target: { folder, label },
  runtime,
  isServer,
}: DoctorContext): Promise<readonly Finding[]> {
  const now = runtime.clock.now();
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const name = `${CANARY}${time}-${Buffer.from(runtime.random.bytes(6)).toString("hex")}`;
  const path = pathToBytes(joinPath(folder!, pathFromText(name)));
  let written: Date;
  try {
    const fd = openSync(path, "wx", 0o600);
    try {
      writeSync(fd, CONTENT);
      written = fstatSync(fd).mtime;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const reason = errnoOf(error);
    if (reason === undefined) throw error;
    if (reason === "ENOENT")
      return [{ id: "append-only", level: "skipped", title: "what this user could destroy", detail: `${label} does not exist` }];
    const detail = `a file cannot be made in ${label} (${reason})`;
    return [{ id: "append-only:store", level: isServer ? "fail" : "warn", title: "storing a backup does not work", detail }];
  }
  const skew = skewFinding(written.getTime() - runtime.clock.now().getTime(), "the disk's");
  const stored: Finding = {
    id: "append-only:store",
    level: "pass",
    title: "storing a backup works",
    detail: `${name} was stored`,
  };
  const overwrite = tried(() => closeSync(openSync(path, "r+")));
  const deletion = tried(() => unlinkSync(path));
  if (overwrite !== undefined && deletion !== undefined) {
    const detail = `${name} could be neither written over (${overwrite}) nor deleted (${deletion}), and stays there; it is nobody's backup`;
    return [
      stored,
      { id: "append-only:delete", level: "pass", title: "deleting a backup is refused, so what it was tried on stays", detail },
      skew,
    ];
  }
  const could = overwrite === undefined ? "could be written over" : "could be deleted";
  return [
    stored,
    {
      id: "append-only:delete",
      level: "warn",
      title: "deleting a backup is possible",
      detail: `${name} ${could}: whoever takes over this user takes the backups in ${label}, too`,
      remedy:
        "keep a copy where this machine cannot delete: an S3 bucket by `doppel setup bucket`, a folder that another machine copies from here, or a file system that only appends (chattr +a)",
    },
    skew,
  ];
}

/** What refused it; undefined when it could be done. */
function tried(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    const reason = errnoOf(error);
    if (reason === undefined) throw error;
    return reason;
  }
}
