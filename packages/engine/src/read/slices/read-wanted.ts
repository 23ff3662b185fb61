import { type BytePath, DoppelError, isDoppelError } from "@doppel/base";
import { type BackupSet, formatTime, volumeName } from "@doppel/format";
import type { ReadContext } from "../context.ts";
import { missing } from "../fetch.ts";
import type { LanePart } from "../lane.ts";
import type { LeftOutObserver } from "../left-out.ts";
import type { Target } from "../target.ts";
import { OTHER_SET } from "./index-file.ts";
import { withIndex } from "./set-index.ts";
import { sliceOf } from "./slice.ts";
import { type VolumePart, type Wanted, wantedOf } from "./wanted.ts";

/**
 * What the index of a set says of `path`; undefined when the set has none that can be used, or too much lies below the path:
 * then whole volumes are read. @throws openpgp.*, storage.*
 */
export function readWanted(
  set: BackupSet,
  path: BytePath,
  target: Pick<Target, "sizes">,
  context: ReadContext,
  observer: LeftOutObserver,
): Promise<Wanted | undefined> {
  return withIndex(
    set,
    target,
    context,
    (index) => wantedOf(index, path),
    (error) => {
      const detail = `${set.index} is not used: ${error.message}; whole volumes are read instead`;
      observer.notice({ reason: "metadata", incomplete: false, detail });
    },
  );
}

/** Learns the session keys of a set, so that its own keys are asked once and not for every object. @throws openpgp.*, storage.* */
export async function learnSessionKeys(
  set: BackupSet,
  target: Pick<Target, "sizes" | "archived">,
  context: ReadContext,
  observer: LeftOutObserver,
): Promise<void> {
  if (set.encoding !== "gpg" || !context.deps.keys || context.deps.verifier || target.archived.has(set.index ?? "")) return;
  await withIndex(
    set,
    target,
    context,
    async () => undefined,
    ({ message, data }) => {
      if ("reason" in data && data.reason === OTHER_SET) {
        const detail = `${set.index} is that of another set: backups at the target may have changed places, and this may not be the state of ${formatTime(set.id.end)}; check tells more`;
        observer.notice({ reason: "foreign-set", incomplete: true, detail });
      }
      context.runtime.emit({ type: "debug", detail: `every object is opened by itself: ${message}` });
    },
  );
}

/** The parts as a lane reads them. @throws volume.missing before anything is read */
export function slicedParts(set: BackupSet, parts: readonly VolumePart[], context: ReadContext): readonly LanePart[] {
  return parts.map((part) => {
    const { number } = part.volume;
    const name = set.volumes.get(number);
    if (name === undefined) throw missing(volumeName(set.id, number, set.encoding, context.prefixes));
    const slice = unlessWrong(name, () => sliceOf(part.volume, part.from, part.to));
    return {
      number,
      name,
      size: slice.range.end - slice.range.start,
      async *bytes() {
        const { storage } = context.deps;
        let count = 0;
        try {
          for await (const chunk of slice.tar(storage.get(name, slice.range, context.runtime.signal))) {
            count += chunk.length;
            yield chunk;
          }
        } catch (error) {
          throw damage(name, error);
        }
        if (count !== part.to - part.from) throw damage(name, new RangeError("it ends too early"));
      },
    };
  });
}

function unlessWrong<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw damage(name, error);
  }
}

function damage(name: string, error: unknown): unknown {
  if (isDoppelError(error, "storage.not-found")) return missing(name, error);
  const isOurs = error instanceof RangeError || isDoppelError(error, "openpgp.bad-message") || isZlib(error);
  if (!isOurs) return error;
  return new DoppelError("volume.damaged", ...differs(name, (error as Error).message), error);
}

/** For an error: what the index says and what is there are two things. */
export function differs(name: string, reason: string): [string, { readonly name: string; readonly reason: string }] {
  return [
    `${name} is not what the index of its set says (${reason}), and nothing of it was used; --no-index reads and checks the whole volume`,
    { name, reason },
  ];
}

function isZlib(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
