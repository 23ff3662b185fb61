import type { Runtime } from "@doppel/base";
import type { BackupSet } from "@doppel/format";

/** Emits which state is read: that of the last of its sets. */
export function announce(sets: readonly BackupSet[], runtime: Runtime): void {
  const last = sets.at(-1);
  if (last) runtime.emit({ type: "set.opened", kind: last.id.kind, time: last.id.end });
}
