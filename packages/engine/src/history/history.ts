import { DoppelError, isDoppelError } from "@doppel/base";
import { type BackupSet, formatTime, signaturesName } from "@doppel/format";
import type { ReadContext } from "../read/context.ts";
import { PathMerge } from "../read/path-merge.ts";
import { mapBounded } from "./bounded.ts";
import { type IndexChoice, indexLane } from "./index-lane.ts";
import { HistoryLane, listedRecords, signatureRecords } from "./lane.ts";
import { openMetadata } from "../read/open-metadata.ts";

export interface HistoryOptions {
  /** Sets that have an index may be known by it: the same facts, a tenth of the bytes, but no signatures. */
  readonly index?: IndexChoice | undefined;
  /** Compute the digest of every signature. */
  readonly digests?: boolean;
  /**
   * Told of every set whose signatures are lost or damaged, and the history goes on with what its manifest lists. Without
   * it such a set is an error.
   */
  readonly onGap?: (set: BackupSet, error: DoppelError) => void;
}

/** Archives that are fetched at a time: enough to hide a target's latency. */
const AHEAD = 4;
/** Fetched archives of all sets together take about this much memory; what is more goes to temporary files. */
const SPOOL_MEMORY = 32 << 20;

/** The signatures of several sets side by side. Holds a chunk of each and never more, whatever their length. */
export class History implements AsyncDisposable {
  readonly #lanes: readonly HistoryLane[];
  readonly #signal: AbortSignal;

  constructor(lanes: readonly HistoryLane[], signal: AbortSignal) {
    this.#lanes = lanes;
    this.#signal = signal;
  }

  /**
   * Rows that `visit` makes, in batches. It is called once for each path, in format order, with the lanes whose sets say
   * something about it, in the order of the sets; it adds what rows it likes, and returns false to end it all.
   */
  async *rows<Row>(visit: (here: readonly HistoryLane[], rows: Row[]) => boolean): AsyncGenerator<readonly Row[]> {
    const merge = new PathMerge(this.#lanes);
    let rows: Row[] = [];
    let goesOn = true;
    while (goesOn) {
      for (const lane of merge.here) {
        if (lane.advance()) continue;
        if (rows.length > 0) yield rows;
        rows = [];
        this.#signal.throwIfAborted();
        await lane.fill();
      }
      const here = merge.next();
      goesOn = here.length > 0 && visit(here, rows);
    }
    if (rows.length > 0) yield rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lane of this.#lanes) await lane[Symbol.asyncDispose]();
  }
}

/**
 * Opens the indexes or signature archives of the sets: from the archive directory where they are there, otherwise fetched, a few at a
 * time, and checked to their last byte.
 * @throws storage.not-found for lost signatures (unless `onGap`), volume.damaged, openpgp.*
 */
export async function openHistory(
  sets: readonly BackupSet[],
  context: ReadContext,
  options: HistoryOptions = {},
): Promise<History> {
  const memoryLimit = Math.floor(SPOOL_MEMORY / Math.max(1, sets.length));
  const opened: HistoryLane[] = [];
  try {
    const lanes = await mapBounded(sets, AHEAD, async (set) => {
      const lane = await openLane(set, context, memoryLimit, options);
      opened.push(lane);
      return lane;
    });
    return new History(lanes, context.runtime.signal);
  } catch (error) {
    for (const lane of opened) await lane[Symbol.asyncDispose]();
    throw error;
  }
}

async function openLane(
  set: BackupSet,
  context: ReadContext,
  memoryLimit: number,
  { digests = false, onGap, index }: HistoryOptions,
): Promise<HistoryLane> {
  const { prefixes, runtime } = context;
  const indexed = index && (await indexLane(set, index, context, memoryLimit));
  if (indexed) return indexed;
  const local = signaturesName(set.id, "gzip", prefixes);
  try {
    const archive = await openMetadata(local, set.signatures, context, memoryLimit);
    if (!archive) throw lost(set, context);
    return new HistoryLane(set, signatureRecords(archive, { digests, signal: runtime.signal }), archive);
  } catch (error) {
    if (!(onGap && (isDoppelError(error, "storage.not-found") || isDoppelError(error, "volume.damaged")))) {
      throw withWayOut(error, set, context);
    }
    onGap(set, error);
    return new HistoryLane(set, listedRecords(set, context));
  }
}

function lost(set: BackupSet, { deps, prefixes }: ReadContext): DoppelError {
  const name = signaturesName(set.id, set.encoding, prefixes);
  const { kind, start, end } = set.id;
  const older = kind === "inc" ? `states up to ${formatTime(start)} can still be listed and compared (--time), and ` : "";
  const message = `${name} is neither at the target nor in ${deps.archiveDir}, so what the backup of ${formatTime(end)} holds is not known without its volumes; ${older}every state can still be restored`;
  return new DoppelError("storage.not-found", message, { name });
}

/** Signatures are encrypted like volumes; a machine with only the public key has them in its archive directory, or not at all. */
function withWayOut(error: unknown, set: BackupSet, { deps }: ReadContext): unknown {
  const known = isDoppelError(error, "openpgp.no-secret-key") || isDoppelError(error, "openpgp.passphrase-needed");
  if (!known || !deps.keys) return error;
  const message = `${error.message}; without that key the signatures of the backup of ${formatTime(set.id.end)} can only be read from the archive directory of the machine that made it, and they are not in ${deps.archiveDir}`;
  return new DoppelError(error.code, message, error.data as never, error);
}
