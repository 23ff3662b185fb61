import { changesInSet, fileChanged, status as statusOf } from "@doppel/engine";
import { troubles } from "../render/status.ts";
import { type Command, outcomeOf } from "../session.ts";
import { prefixesOf } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

/** `doppel status URL`, and what it tells of one backup or of one file. */
export const status: Command = (session) => {
  const { invocation, runtime, renderer, unread } = session;
  const { settings } = invocation;
  const { "show-changes-in-set": index, "file-changed": path } = settings;
  const prefixes = prefixesOf(settings);
  return withReadDeps(session, async (deps) => {
    if (index !== undefined) {
      const report = await changesInSet({ index, prefixes }, deps, runtime);
      renderer.row({ kind: "set", set: report.set });
      let count = 0;
      for await (const change of report.changes()) {
        if (unread()) break;
        count++;
        renderer.row({ kind: "change", change });
      }
      renderer.result({ kind: "changes", count });
    } else if (path !== undefined) {
      renderer.result({ kind: "file-changes", path, changes: await fileChanged({ path, prefixes }, deps, runtime) });
    } else {
      const report = await statusOf({ prefixes }, deps, runtime);
      renderer.result({ kind: "status", report });
      return outcomeOf(troubles(report));
    }
    return "complete";
  });
};
