import { DoppelError, isDoppelError } from "@doppel/base";
import type { BackupSet, DifftarItem, DifftarReader } from "@doppel/format";
import type { LanePart } from "./lane.ts";

/** One volume of a set, or part of one, read by the reader of the set. @throws volume.damaged when it is no sound part of it */
export async function* volumeItems(
  reader: DifftarReader,
  { number, name, bytes }: LanePart,
  set: BackupSet,
): AsyncGenerator<readonly DifftarItem[]> {
  try {
    reader.beginVolume(number);
    for await (const chunk of bytes()) {
      const items: DifftarItem[] = [];
      try {
        reader.update(chunk, items);
      } catch (error) {
        // What came before the damage is as good as what came in the chunk before.
        if (items.length > 0) yield checked(items, set);
        throw error;
      }
      yield checked(items, set);
    }
    yield checked(reader.endVolume(!set.volumes.has(number + 1)), set);
  } catch (error) {
    throw namingVolume(error, name);
  }
}

/** A full set has nothing to delete or to build upon: such entries have no meaning there, and must not be passed over. */
function checked(items: readonly DifftarItem[], set: BackupSet): readonly DifftarItem[] {
  if (set.id.kind !== "full") return items;
  for (const item of items) {
    if (item.type !== "entry" || item.kind === "snapshot") continue;
    const reason = `a full set holds a "${item.kind}" entry, which has no meaning there`;
    throw new DoppelError("format.bad-set", reason, { set: "full", reason });
  }
  return items;
}

function namingVolume(error: unknown, name: string): unknown {
  if (!isDoppelError(error, "format.bad-tar") && !isDoppelError(error, "format.bad-set")) return error;
  const where = isDoppelError(error, "format.bad-tar") ? ` at byte ${error.data.offset} of its tar archive` : "";
  const message = `${name} is damaged${where}: ${error.data.reason}; nothing behind this place was used. Fetch it again or restore another backup with --time`;
  return new DoppelError("volume.damaged", message, { name, reason: error.data.reason }, error);
}
