import { DoppelError, displayPath, type PathEntry } from "@doppel/base";
import type { IndexedEntry } from "@doppel/format";
import type { LaneEntry } from "../lane.ts";
import { differs } from "./read-wanted.ts";

/**
 * Holds the entries that come out of parts of volumes against what the index says must come: the volumes' own hashes cover whole
 * volumes only, so this, with the digest of each content, is what proves that nothing was changed, swapped or left out.
 */
export class RecordCheck {
  readonly #records: readonly IndexedEntry[];
  #at = 0;

  constructor(records: readonly IndexedEntry[]) {
    this.#records = records;
  }

  /** The entry with its digest. @throws volume.damaged when another one belongs here */
  check(item: LaneEntry): LaneEntry {
    const record = this.#records[this.#at++];
    const path = displayPath(item.entry.path);
    if (!record || record.kind !== item.kind || record.entry.path !== item.entry.path)
      throw new DoppelError("volume.damaged", ...differs(path, "it is an entry that does not belong here"));
    if (item.kind === "deleted") return item;
    const changed = ATTRIBUTES.find((attribute) => record.entry[attribute] !== item.entry[attribute]);
    if (changed !== undefined || !sameDevice(record.entry, item.entry))
      throw new DoppelError("volume.damaged", ...differs(path, `its ${changed ?? "device number"} is another`));
    if (record.sha256) return { ...item, sha256: Buffer.from(record.sha256, "base64url") };
    if (item.entry.type !== "file") return item;
    throw new DoppelError("volume.damaged", ...differs(path, "it has no digest there"));
  }

  /** @throws volume.damaged when something has not come */
  end(): void {
    const next = this.#records[this.#at];
    if (next) throw new DoppelError("volume.damaged", ...differs(displayPath(next.entry.path), "it is not in its volume"));
  }
}

const ATTRIBUTES = ["type", "mode", "uid", "gid", "uname", "gname", "mtime", "linkTarget"] as const;

function sameDevice({ device: a }: PathEntry, { device: b }: PathEntry): boolean {
  return a?.major === b?.major && a?.minor === b?.minor;
}
