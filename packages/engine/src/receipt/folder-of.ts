import type { BytePath, EntryType } from "@doppel/base";

/** Folders that are counted one by one; the rest is counted together. */
export const MAX_FOLDERS = 1000;

/** Which folder a path counts for: the first `depth` components of it that are folders; "" is the source itself. */
export function folderOf(path: BytePath, type: EntryType, depth: number): BytePath {
  return path.slice(0, folderEnd(path, type, depth)) as BytePath;
}

/** How long that is: so one can see without a copy whether it is the folder of the path before. */
export function folderEnd(path: BytePath, type: EntryType, depth: number): number {
  let end = 0;
  for (let component = 0; component < depth; component++) {
    const next = path.indexOf("/", component === 0 ? 0 : end + 1);
    if (next < 0) return type === "dir" ? path.length : end;
    end = next;
  }
  return end;
}
