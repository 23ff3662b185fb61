import type { BackupSet } from "@doppel/format";

/**
 * Whether a set that has no manifest was finished: index and receipt are stored after the manifest, so one of them proves that it had one,
 * which would revive it. What is left where not even a volume is there is of no use to anybody.
 */
export function wasFinished({ receipt, index, volumes }: BackupSet): boolean {
  return (receipt ?? index) !== undefined && volumes.size > 0;
}
