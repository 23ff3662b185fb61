import type { PathEntry } from "@doppel/base";
import type { OwnerNames } from "@doppel/tree";

/**
 * Whether an object differs from what the signatures say of it (spec 5.1). Size and content are not compared: the format
 * does not record the size, and a content that changed under the same second of mtime is not seen by stock either.
 */
export function hasChanged(old: PathEntry, now: PathEntry, owners: OwnerNames): boolean {
  if (old.type !== now.type) return true;
  if (now.type === "symlink") return old.linkTarget !== now.linkTarget;
  // A known name beats the number on reading (spec 3.5), so it does here.
  const uid = owners.uid(old.uname) ?? old.uid;
  const gid = owners.gid(old.gname) ?? old.gid;
  if (old.mode !== now.mode || uid !== now.uid || gid !== now.gid) return true;
  if (now.type === "chardev" || now.type === "blockdev") {
    return old.device?.major !== now.device?.major || old.device?.minor !== now.device?.minor;
  }
  return Math.max(0, old.mtime) !== Math.max(0, now.mtime);
}
