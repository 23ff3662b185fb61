import { isDoppelError } from "@doppel/base";
import type { Tally } from "./tally.ts";

/** A backup is one without the archive directory's copy of its metadata too: when it cannot be kept, that is noticed. */
export async function tryArchive(tolerant: boolean, tally: Tally, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!tolerant || !isDoppelError(error, "archive-dir.unusable")) throw error;
    tally.archiveProblem(error);
    return false;
  }
}
