import type { PathEntry, Runtime } from "@doppel/base";
import type { ListJob, ReadDeps } from "./job.ts";
import { readContext } from "./read/context.ts";
import { readSignatures } from "./read/metadata.ts";
import { onlyFull, readTarget, setsAt } from "./read/target.ts";

/** The entries of a backup in format order, from its signatures alone: no volume is read. `size` is not in them and 0. */
export async function* list(job: ListJob, deps: ReadDeps, runtime: Runtime): AsyncGenerator<PathEntry> {
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  const set = onlyFull(setsAt(target, deps.storage.label, runtime.clock.now(), job.time));
  for await (const item of readSignatures(set, readContext(deps, job.prefixes, runtime))) {
    if (item.type !== "entry") continue;
    yield item.kind === "signature" ? { ...item.entry, size: 0 } : item.entry; // there, the size is the signature's own
  }
}
