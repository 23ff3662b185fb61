import { DoppelError } from "@doppel/base";
import type { Archived, ThawOptions } from "@doppel/storage";
import type { ReadContext } from "./context.ts";
import type { Target } from "./target.ts";

/** Copies are made within hours: asking more often tells nothing. */
const LOOK_EVERY_MS = 5 * 60_000;
const SHOWN = 3;

type Lying = { readonly name: string; readonly archived: Archived };

/**
 * Makes sure that these objects can be read: what lies in an archive is named, or asked for and waited for. A wait that is
 * stopped is no loss: copies that were asked for are found by the next run.
 * @throws storage.archived, storage.denied (a copy may not be asked for), storage.not-found
 */
export async function ensureReadable(
  names: Iterable<string>,
  target: Pick<Target, "archived" | "sizes">,
  context: ReadContext,
  thaw: ThawOptions | undefined,
): Promise<void> {
  const candidates = [...new Set(names)].filter((name) => target.archived.has(name));
  if (candidates.length === 0) return;
  const { deps, runtime } = context;
  let waiting = await lying(candidates, context);
  const asleep = waiting.filter(({ archived }) => !archived.thawing).map(({ name }) => name);
  if (waiting.length === 0) return;
  if (!thaw || !deps.storage.thaw) throw notReadable(waiting, asleep.length, target);
  if (asleep.length > 0) await deps.storage.thaw(asleep, thaw, runtime.signal);
  tell(
    context,
    `${describe(waiting, target)} must be thawed first: copies are asked for, and this waits for them. It may be stopped and run again`,
  );
  while (waiting.length > 0) {
    await runtime.clock.sleep(LOOK_EVERY_MS, runtime.signal);
    const left = await lying(
      waiting.map(({ name }) => name),
      context,
    );
    if (left.length > 0 && left.length < waiting.length)
      tell(context, `${left.length} of ${candidates.length} are still to come`);
    waiting = left;
  }
}

async function lying(names: readonly string[], { deps, runtime }: ReadContext): Promise<readonly Lying[]> {
  const found: Lying[] = [];
  for (const name of names) {
    const archived = (await deps.storage.stat(name, runtime.signal))?.archived;
    const isCopied = archived?.thawedUntil !== undefined && archived.thawedUntil > runtime.clock.now();
    if (archived && !isCopied) found.push({ name, archived });
  }
  return found;
}

function notReadable(waiting: readonly Lying[], asleep: number, target: Pick<Target, "sizes">): DoppelError {
  const { name, archived } = waiting[0]!;
  const underWay = waiting.length - asleep;
  const begun = underWay > 0 ? `; ${underWay} of them are being thawed` : "";
  const next =
    asleep > 0
      ? "--thaw standard (or bulk, expedited) asks for copies, waits, and goes on"
      : "wait, or give --thaw standard to wait here";
  const message = `${describe(waiting, target)} cannot be read before thawing${begun}; ${next}`;
  return new DoppelError("storage.archived", message, { name, class: archived.class });
}

function describe(waiting: readonly Lying[], { sizes }: Pick<Target, "sizes">): string {
  const classes = [...new Set(waiting.map(({ archived }) => archived.class))].join(", ");
  const megabytes = waiting.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0) / 1e6;
  const shown = waiting
    .slice(0, SHOWN)
    .map(({ name }) => name)
    .join(", ");
  const more = waiting.length > SHOWN ? ` and ${waiting.length - SHOWN} more` : "";
  return `${waiting.length === 1 ? "1 object" : `${waiting.length} objects`} in ${classes}, ${megabytes.toFixed(1)} MB (${shown}${more})`;
}

function tell({ runtime }: ReadContext, detail: string): void {
  runtime.emit({ type: "notice", reason: "archived", incomplete: false, detail });
}
