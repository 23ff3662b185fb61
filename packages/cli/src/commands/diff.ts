import { diff as diffStates } from "@doppel/engine/internal";
import type { DiffCounts } from "../render/renderer.ts";
import { argument, type Command } from "../session.ts";
import { diffJob } from "../wire.ts";
import { tellingIfNewer, withReadDeps } from "./reading.ts";

/** `doppel diff URL TIME1 TIME2` */
export const diff: Command = (session) => {
  const { invocation, runtime, renderer, unread } = session;
  const times = [argument(invocation, "TIME1"), argument(invocation, "TIME2")] as const;
  const job = diffJob(times, invocation.settings, runtime.clock.now());
  return withReadDeps(session, async (deps) => {
    const states: Date[] = [];
    const telling = tellingIfNewer(runtime, job.from);
    const watching: typeof runtime = {
      ...telling,
      emit: (event) => {
        // The newer state is announced second, and asked for by another time.
        (event.type === "set.opened" && states.length > 0 ? tellingIfNewer(runtime, job.to) : telling).emit(event);
        if (event.type !== "set.opened" || states.push(event.time) < 2) return;
        renderer.row({ kind: "compared", from: states[0]!, to: event.time });
      },
    };
    const counts: Record<keyof DiffCounts, number> = { added: 0, removed: 0, changed: 0, attributes: 0, type: 0 };
    for await (const difference of diffStates(job, deps, watching)) {
      if (unread()) break;
      counts[difference.what]++;
      renderer.row({ kind: "diff", difference });
    }
    renderer.result({ kind: "diff", counts });
    return "complete";
  });
};
