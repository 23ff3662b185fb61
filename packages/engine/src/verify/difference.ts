import type { ByteStream, PathEntry, TreeDifference } from "@doppel/base";
import { openContent, type OwnerNames, type SourceEntry, TreeProblemError } from "@doppel/tree";

/** The first thing in which a local object is not what the backup holds, tested in stock's order (duplicity-cli.md 4.6). */
export function differenceBetween(
  stored: PathEntry,
  found: SourceEntry,
  owners: OwnerNames,
  numericOwner: boolean,
): TreeDifference | undefined {
  if (stored.type !== found.type) return { kind: "type", actual: found.type, expected: stored.type };
  if (stored.type === "symlink") {
    if (stored.linkTarget === found.linkTarget) return undefined;
    return { kind: "link", actual: found.linkTarget ?? found.path, expected: stored.linkTarget ?? stored.path };
  }
  const uid = (numericOwner ? undefined : owners.uid(stored.uname)) ?? stored.uid;
  const gid = (numericOwner ? undefined : owners.gid(stored.gname)) ?? stored.gid;
  if (stored.mode !== found.mode || uid !== found.uid || gid !== found.gid) {
    const actual = { uid: found.uid, gid: found.gid, mode: found.mode };
    return { kind: "permissions", actual, expected: { uid, gid, mode: stored.mode } };
  }
  if (stored.type === "chardev" || stored.type === "blockdev") {
    const { device: expected } = stored;
    const { device: actual } = found;
    if (expected?.major === actual?.major && expected?.minor === actual?.minor) return undefined;
    return { kind: "device", ...(actual ? { actual } : {}), ...(expected ? { expected } : {}) };
  }
  if (stored.mtime !== found.mtime) return { kind: "mtime", actual: found.mtime, expected: stored.mtime };
  return undefined;
}

/** Reads the stored content to its end, and tells whether `found` (when given) holds the same. */
export async function differenceInData(
  stored: ByteStream,
  found: SourceEntry | undefined,
  onBytes: (count: number) => void,
): Promise<TreeDifference | undefined> {
  const local = found && reader(found);
  let same = local !== undefined || found === undefined;
  try {
    for await (const chunk of stored) {
      onBytes(chunk.length);
      if (local && same) same = Buffer.compare(local.exactly(chunk.length), chunk) === 0;
    }
    if (local && same) same = local.exactly(1).length === 0;
  } finally {
    local?.close();
  }
  return same ? undefined : { kind: "data" };
}

/** Undefined when the file cannot be read: then it is not the same. */
function reader(found: SourceEntry) {
  try {
    const content = openContent(found);
    let buffer = Buffer.alloc(0);
    return {
      /** The next `length` bytes, fewer at the end or where reading fails. */
      exactly(length: number): Uint8Array {
        if (buffer.length < length) buffer = Buffer.allocUnsafeSlow(length);
        let at = 0;
        try {
          while (at < length) {
            const count = content.read(buffer.subarray(at, length));
            if (count === 0) break;
            at += count;
          }
        } catch (error) {
          if (!(error instanceof TreeProblemError)) throw error;
        }
        return buffer.subarray(0, at);
      },
      close: () => content.close(),
    };
  } catch (error) {
    if (error instanceof TreeProblemError) return undefined;
    throw error;
  }
}
