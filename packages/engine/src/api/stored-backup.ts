import type { StatusReport } from "../job.ts";

/** A backup that is complete at the target. */
export interface StoredBackup {
  /** When it was begun: what `time` means. */
  readonly time: Date;
  /** Complete in itself, or what changed since the one before. */
  readonly kind: "full" | "inc";
  /** When the full backup that it builds upon was begun; its own time if it is one. */
  readonly chain: Date;
  /** Of its stored objects, in bytes. */
  readonly bytes: number;
  /** How many of them are there. */
  readonly volumes: number;
  /** What the listing shows to be wrong with it, a phrase each; that it is sound otherwise is not proven by that. */
  readonly problems: readonly string[];
}

export function storedBackups({ chains }: StatusReport): readonly StoredBackup[] {
  const all = chains.flatMap(({ chain, sets }) =>
    sets.map(({ set, volumes, volumeBytes, metadataBytes, problems }) => ({
      time: set.id.end,
      kind: set.id.kind,
      chain: chain.start,
      bytes: volumeBytes + metadataBytes,
      volumes,
      problems,
    })),
  );
  return all.sort((a, b) => a.time.getTime() - b.time.getTime());
}
