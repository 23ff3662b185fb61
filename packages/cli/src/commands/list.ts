import { listBatches } from "@doppel/engine/internal";
import type { Command } from "../session.ts";
import { prefixesOf, stateOf } from "../wire.ts";
import { tellingIfNewer, withReadDeps } from "./reading.ts";

/** `doppel list URL` */
export const list: Command = (session) => {
  const { invocation, runtime, renderer, unread } = session;
  const job = { ...stateOf(invocation.settings, runtime.clock.now()), prefixes: prefixesOf(invocation.settings) };
  return withReadDeps(session, async (deps) => {
    let listed = 0;
    for await (const entries of listBatches(job, deps, tellingIfNewer(runtime, job.time))) {
      if (unread()) break;
      listed += entries.length;
      for (const entry of entries) renderer.row({ kind: "entry", entry });
    }
    renderer.result({ kind: "list", listed });
    return "complete";
  });
};
