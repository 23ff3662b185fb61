import type { BytePath } from "@doppel/base";
import {
  changesInSet,
  fileChanged,
  goneText,
  rememberedIn,
  type StatusReport,
  status as statusOf,
} from "@doppel/engine/internal";
import type { ChangesSize } from "../render/renderer.ts";
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
      const size = session.texts === "doppel" ? undefined : await sizeOf(report.changes());
      renderer.row({ kind: "set", set: report.set, ...(size && { size }) });
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
      renderer.result({ kind: "status", report, archiveDir: deps.archiveDir });
      const gone = session.texts === "doppel" && isEmpty(report) ? await rememberedIn(deps.archiveDir, prefixes) : undefined;
      if (gone && gone.manifests > 0) {
        const detail = goneText(report.target, gone);
        runtime.emit({ type: "notice", reason: "target", incomplete: true, detail });
        return "incomplete";
      }
      return outcomeOf(troubles(report));
    }
    return "complete";
  });
};

/** Nothing of any backup is there. */
function isEmpty({ chains, incomplete, lostManifest, orphaned }: StatusReport): boolean {
  return [chains, incomplete, lostManifest, orphaned].every(({ length }) => length === 0);
}

/** Reads all changes once, to tell before the second time how many there are. */
async function sizeOf(changes: AsyncIterable<{ readonly path: BytePath }>): Promise<ChangesSize> {
  let count = 0;
  let longest = 0;
  for await (const { path } of changes) {
    count++;
    longest = Math.max(longest, path.length);
  }
  return { count, longest };
}
