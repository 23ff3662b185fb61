import type { RunEvent, TreeDifference } from "@doppel/base";
import { textOfPath } from "./paths.ts";

/** In what a file is not what the backup holds. Times are whole seconds since 1970, modes the lower 12 bits; link targets as `PathLike`. */
export type EntryDifference =
  | Exclude<TreeDifference, { readonly kind: "link" }>
  | { readonly kind: "link"; readonly actual: string; readonly expected: string };

/** What a job reports while it runs: the engine's events, with paths as strings (`PathLike`). */
export type JobEvent =
  | Exclude<RunEvent, { readonly type: "notice" | "entry.done" | "difference" | "run.resumed" }>
  | (Omit<Extract<RunEvent, { readonly type: "notice" }>, "path"> & {
      /** What it is about; absent when it is about the job as a whole. */
      readonly path?: string;
    })
  | (Omit<Extract<RunEvent, { readonly type: "entry.done" }>, "path"> & { readonly path: string })
  | { readonly type: "difference"; readonly path: string; readonly difference: EntryDifference }
  | (Omit<Extract<RunEvent, { readonly type: "run.resumed" }>, "after"> & {
      /** The last path that is stored already. */
      readonly after?: string;
    });

/** The same event for a program. */
export function jobEvent(event: RunEvent): JobEvent {
  if (event.type === "notice") {
    const { path, ...rest } = event;
    return path === undefined ? rest : { ...rest, path: textOfPath(path) };
  }
  if (event.type === "entry.done") return { ...event, path: textOfPath(event.path) };
  if (event.type === "difference") return { ...event, path: textOfPath(event.path), difference: differenceOf(event.difference) };
  if (event.type === "run.resumed") {
    const { after, ...rest } = event;
    return after === undefined ? rest : { ...rest, after: textOfPath(after.path) };
  }
  return event;
}

function differenceOf(difference: TreeDifference): EntryDifference {
  if (difference.kind !== "link") return difference;
  return { kind: "link", actual: textOfPath(difference.actual), expected: textOfPath(difference.expected) };
}
