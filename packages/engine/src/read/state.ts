import {
  type BytePath,
  type ByteStream,
  comparePaths,
  DoppelError,
  displayPath,
  isDoppelError,
  type PathEntry,
} from "@doppel/base";
import { createHash } from "node:crypto";
import { Patcher } from "@doppel/rsync";
import { differs } from "./slices/read-wanted.ts";
import { BasisFile } from "./basis.ts";
import type { ReadContext } from "./context.ts";
import type { Lane } from "./lane.ts";

/** One object of the state at a point in time. */
export interface StateEntry {
  readonly entry: PathEntry;
  /** Only for files, and only until the next entry is asked for. */
  readonly content: () => ByteStream;
}

/** A path whose state cannot be had: "lost" is a file that was there; "uncertain", that nobody knows whether it was. */
export interface LostEntry {
  readonly path: BytePath;
  readonly lost: "lost" | "uncertain";
  readonly detail: string;
}

/**
 * The state that a full set and its increments add up to, in format order (spec 5.3): one lane a set, merged by path. Per
 * path the newest set decides; deltas are followed back to the last complete content and applied forward, with the
 * attributes of the newest. An older state never takes the place of one that is lost.
 * @throws volume.damaged for a delta without its base (unless it is to be told as lost), or one that does not fit it
 */
export async function* stateEntries(
  lanes: readonly Lane[],
  context: ReadContext,
  keepGoing: boolean,
): AsyncGenerator<StateEntry | LostEntry> {
  await Promise.all(lanes.map((lane) => lane.next()));
  for (;;) {
    const here = lanesAtSmallestPath(lanes);
    const path = here[0]?.current?.entry.path;
    if (path === undefined) return;
    const found = stateOf(path, here, lanes, context);
    // What is older than the base is passed over now, so that content is asked for in the order it comes.
    if (found === "baseless" && !keepGoing) throw baseless(path);
    if (found) yield found === "baseless" ? { path, lost: "lost", detail: BASELESS } : found;
    for (const lane of here) await lane.next();
  }
}

const BASELESS = "lost: the backup holds only changes to it, not what they build upon";

/** Undefined: nothing is there. @param here those of `lanes` that stand at the path */
function stateOf(
  path: BytePath,
  here: readonly Lane[],
  lanes: readonly Lane[],
  context: ReadContext,
): StateEntry | LostEntry | "baseless" | undefined {
  // What a set may have said, and lost, counts for more than what older ones say.
  const unsure = lanes.findLastIndex((lane) => lane.isUnsureOf(path) && !here.includes(lane));
  const certain = unsure < 0 ? here : here.filter((lane) => lanes.indexOf(lane) > unsure);
  const newest = certain.at(-1)?.current;
  if (!newest) {
    const detail = "uncertain: a lost volume may hold a newer state of it, or that it was deleted";
    return { path, lost: "uncertain", detail };
  }
  const from = certain.findLastIndex((lane) => lane.current?.kind !== "diff");
  const base = certain[from];
  const deltas = certain.slice(from + 1);
  const { entry } = newest;
  if (base?.current?.kind === "lost") {
    const what = deltas.length > 0 ? "changes of it are there, but what they build upon is" : "it is";
    return { path, lost: "lost", detail: `lost: ${what} in a volume that cannot be used` };
  }
  if (!base?.current) return "baseless";
  if (deltas.length > 0 && (base.current.kind !== "snapshot" || base.current.entry.type !== "file")) return "baseless";
  if (newest.kind === "deleted") return undefined;
  const { sha256 } = newest;
  const whole = (): ByteStream => (sha256 ? digested(base.content(), sha256, path) : base.content());
  return { entry, content: deltas.length > 0 ? () => patched(base, deltas, path, context) : whole };
}

/** Where a path lies when the wanted one becomes the root; `path` is within it. */
export function below(path: BytePath, wanted: BytePath | undefined): BytePath {
  return wanted === undefined || wanted === "" ? path : (path.slice(wanted.length + 1) as BytePath);
}

/** Oldest first, as `lanes` is. */
function lanesAtSmallestPath(lanes: readonly Lane[]): readonly Lane[] {
  let smallest: BytePath | undefined;
  let here: Lane[] = [];
  for (const lane of lanes) {
    const path = lane.current?.entry.path;
    if (path === undefined) continue;
    const order = smallest === undefined ? -1 : comparePaths(path, smallest);
    if (order < 0) {
      smallest = path;
      here = [lane];
    } else if (order === 0) here.push(lane);
  }
  return here;
}

/** The base with every delta applied; each state but the last is kept only until the next one is made. */
async function* patched(
  base: Lane,
  deltas: readonly Lane[],
  path: BytePath,
  { deps, runtime }: ReadContext,
): AsyncGenerator<Uint8Array> {
  // Parts of volumes are proven by digests alone. The last there is proves all before it; what comes after it was read whole.
  const last = [base, ...deltas].findLast((lane) => lane.current?.sha256);
  const proven = (lane: Lane, bytes: ByteStream): ByteStream =>
    lane === last ? digested(bytes, lane.current!.sha256!, path) : bytes;
  const newest = deltas.at(-1)!;
  const expected = last?.current?.sha256 && last === newest ? undefined : await newest.proofOf(path);
  let basis = new BasisFile(deps.tempDir, runtime.random, runtime.maker);
  try {
    for await (const chunk of proven(base, base.content())) basis.append(chunk);
    for (const [index, lane] of deltas.entries()) {
      const state = proven(lane, applied(new Patcher(basis), lane.content()));
      if (index === deltas.length - 1) {
        yield* expected ? compared(state, expected, () => newest.contradict(path)) : state;
        return;
      }
      const next = new BasisFile(deps.tempDir, runtime.random, runtime.maker);
      try {
        for await (const chunk of state) next.append(chunk);
      } catch (error) {
        next[Symbol.dispose]();
        throw error;
      }
      basis[Symbol.dispose]();
      basis = next;
    }
  } catch (error) {
    if (!isDoppelError(error, "rsync.bad-delta")) throw error;
    const shown = displayPath(path);
    const message = `${shown} cannot be put together: ${error.message}; restore an older state of it with --time`;
    throw new DoppelError("volume.damaged", message, { name: shown, reason: error.data.reason }, error);
  } finally {
    basis[Symbol.dispose]();
  }
}

async function* applied(patcher: Patcher, delta: ByteStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of delta) yield* patcher.update(chunk);
  yield* patcher.finish();
}

/** The same bytes; tells at their end when they are not what was expected. */
async function* compared(content: ByteStream, expected: Uint8Array, onOther: () => void): ByteStream {
  const hash = createHash("sha256");
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (Buffer.compare(hash.digest(), expected) !== 0) onOther();
}

/** The same bytes; throws at their end, before anybody takes them for a whole file, when they are not what was backed up. */
function digested(content: ByteStream, expected: Uint8Array, path: BytePath): ByteStream {
  return compared(content, expected, () => {
    throw new DoppelError("volume.damaged", ...differs(displayPath(path), "its content has another SHA-256"));
  });
}

function baseless(path: BytePath): DoppelError {
  const shown = displayPath(path);
  const reason = "a delta without the file it builds upon";
  const message = `${shown} cannot be restored: the backup holds only ${reason}; restore an older state with --time, or the rest by naming other paths`;
  return new DoppelError("volume.damaged", message, { name: shown, reason });
}
