import { type ByteStream, DoppelError } from "@doppel/base";
import { type BackupSet, DifftarReader, ManifestParser, SetIndexReader, SigtarReader } from "@doppel/format";
import { refuseOther } from "../read/slices/index-file.ts";
import { volumeItems } from "../read/volume-items.ts";
import type { CheckedObject } from "./subjects.ts";

/** Reads the plain bytes of an object to their end, as who uses them would. @throws volume.damaged, format.bad-* */
export async function readContent(
  { role, name, size }: Pick<CheckedObject, "role" | "name" | "size">,
  set: BackupSet,
  bytes: () => ByteStream,
): Promise<void> {
  switch (role) {
    case "manifest": {
      const parser = new ManifestParser({ volumes: set.volumes.size });
      for await (const chunk of bytes()) parser.update(chunk);
      parser.finish();
      return;
    }
    case "volume": {
      const number = [...set.volumes].find(([, found]) => found === name)?.[0] ?? 1;
      const reader = new DifftarReader({ partial: true, set: name });
      for await (const _ of volumeItems(reader, { number, name, size, bytes }, set));
      return;
    }
    case "signatures": {
      const reader = new SigtarReader({ name });
      for await (const chunk of bytes()) reader.update(chunk);
      reader.finish();
      return;
    }
    case "index": {
      const reader = new SetIndexReader();
      for await (const chunk of bytes())
        for (const item of reader.update(chunk)) if (item.type === "head") refuseOther(item.set, set.id);
      reader.finish();
      return;
    }
    case "receipt":
      throw new Error("a receipt is read as it is");
  }
}

/** Whether an error says that this one object is damaged, and nothing about keys or the target. */
export function isDamage(error: unknown): error is DoppelError {
  return error instanceof DoppelError && DAMAGE.test(error.code);
}

const DAMAGE =
  /^(volume\.(damaged|missing|hash-mismatch)|format\.bad-(manifest|tar|set|index|receipt)|rsync\.bad-signature|openpgp\.bad-message)$/;
