import { type BytePath, displayPath, DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import type { BackupSet } from "@doppel/format";
import type { ThawOptions } from "@doppel/storage";
import { OwnerNames, TreeWriter } from "@doppel/tree";
import type { ReadContext } from "../read/context.ts";
import { openLanes } from "../read/lanes.ts";
import { isLoss } from "../read/lost/loss.ts";
import { type StateEntry, stateEntries } from "../read/state.ts";
import type { Target } from "../read/target.ts";
import { RestoreTally } from "../restore/tally.ts";
import { Findings } from "./findings.ts";

/** What is restored in one go. */
export interface Attempt {
  readonly sets: readonly BackupSet[];
  readonly target: Target;
  /** Ascending, none below another. */
  readonly paths: readonly BytePath[];
  /** For one path: only the parts of volumes that it needs. */
  readonly useIndex: boolean;
  readonly thaw?: ThawOptions;
  /** Where to: a folder that is not there yet. */
  readonly place: BytePath;
}

/**
 * Restores some paths as a restore would, below `place` under their own names. Damage does not end it: it is a finding.
 * @returns the bytes of content that were written
 * @throws storage.*, openpgp.*, temp.unusable
 */
export async function tryRestore(
  { sets, target, paths, useIndex, thaw, place }: Attempt,
  context: ReadContext,
  findings: Findings,
): Promise<number> {
  const { runtime } = context;
  const told = findings.listening(runtime);
  const tally = new RestoreTally(told, false);
  const writer = writerTo(place, runtime, findings);
  try {
    await using lanes = await openLanes(sets, target, context, tally, {
      wanted: paths,
      useIndex,
      keepGoing: !useIndex,
      ...(thaw && { thaw }),
    });
    for await (const item of stateEntries(lanes.all, context, !useIndex)) {
      if ("lost" in item) tally.lostEntry(item);
      else await write(item, writer, tally, !useIndex);
      runtime.signal.throwIfAborted();
    }
    writer.finish();
  } catch (error) {
    writer.abandon();
    if (isDoppelError(error, "restore.write-failed")) {
      const message = `${error.message}; name a folder with more room with --tempdir`;
      throw new DoppelError("temp.unusable", message, { path: displayPath(place) }, error);
    }
    if (!isLoss(error)) throw error;
    findings.problem(error.message);
  }
  return tally.bytes;
}

async function write({ entry, content }: StateEntry, writer: TreeWriter, tally: RestoreTally, goOn: boolean): Promise<void> {
  writer.begin(entry);
  tally.begin(entry);
  try {
    if (entry.type === "file") {
      for await (const chunk of content()) {
        writer.write(chunk);
        tally.data(chunk.length);
      }
    }
  } catch (error) {
    writer.abort();
    if (!goOn || !isLoss(error)) throw error;
    tally.giveUp(entry.path, error);
    return;
  }
  writer.end();
  tally.end();
}

/** Owners are left alone: to give files away needs root, and proves nothing. */
function writerTo(place: BytePath, { random }: Runtime, findings: Findings): TreeWriter {
  return new TreeWriter(place, {
    numericOwner: true,
    restoreOwner: false,
    owners: OwnerNames.system(),
    force: false,
    random,
    onProblem: ({ path, detail }) => findings.unwritten(path, detail),
  });
}
