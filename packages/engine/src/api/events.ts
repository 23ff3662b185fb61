import type { RunEvent } from "@doppel/base";
import { textOfPath } from "./paths.ts";

/** What a job reports while it runs: the engine's events, with paths as strings (`PathLike`). */
export type JobEvent =
  | Exclude<RunEvent, { readonly type: "notice" | "entry.done" | "difference" | "run.resumed" }>
  | (Omit<Extract<RunEvent, { readonly type: "notice" }>, "path"> & {
      /** What it is about; absent when it is about the job as a whole. */
      readonly path?: string;
    })
  | (Omit<Extract<RunEvent, { readonly type: "entry.done" }>, "path"> & { readonly path: string })
  | (Omit<Extract<RunEvent, { readonly type: "difference" }>, "path"> & { readonly path: string })
  | (Omit<Extract<RunEvent, { readonly type: "run.resumed" }>, "after"> & {
      /** The last path that is stored already. */
      readonly after?: string;
    });

/** The same event for a program. */
export function jobEvent(event: RunEvent): JobEvent {
  switch (event.type) {
    case "notice": {
      const { path, ...rest } = event;
      return path === undefined ? rest : { ...rest, path: textOfPath(path) };
    }
    case "entry.done":
      return { ...event, path: textOfPath(event.path) };
    case "difference":
      return { ...event, path: textOfPath(event.path) };
    case "run.resumed": {
      const { after, ...rest } = event;
      return after === undefined ? rest : { ...rest, after: textOfPath(after.path) };
    }
    default:
      return event;
  }
}
