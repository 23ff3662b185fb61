import { join } from "node:path";
import { check as checkTarget } from "@doppel/engine/internal";
import { DAMAGED, DONE, INCOMPLETE } from "../exit-codes.ts";
import { localPath } from "../locations.ts";
import { checkData, checkText } from "../render/check.ts";
import type { Command } from "../session.ts";
import { prefixesOf } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

/** Objects that are read at a time: enough to hide a target's latency. */
const PARALLEL = 4;
/** In the archive directory: a name that means nothing to stock, nor to cleanup. */
const STATE_FILE = "doppel-check.jsonl";

/** `doppel check URL`: 0 all is sound, 3 warnings only, 21 something is damaged or missing. */
export const check: Command = (session) => {
  const { invocation, runtime, renderer } = session;
  const { settings } = invocation;
  const { "check-state": file, "sample-seed": seed } = settings;
  return withReadDeps(session, async (deps) => {
    const job = {
      prefixes: prefixesOf(settings),
      withKey: !settings["without-key"],
      sample: settings.sample ?? ({ kind: "all" } as const),
      ...(seed !== undefined && { seed }),
      parallel: settings.threads ?? PARALLEL,
      stateFile: file === undefined ? join(deps.archiveDir, STATE_FILE) : localPath(file),
    };
    const report = await checkTarget(job, deps, runtime);
    renderer.result({ kind: "page", name: "check", text: checkText(report), data: checkData(report) });
    return { exit: report.problems > 0 ? DAMAGED : report.warnings > 0 ? INCOMPLETE : DONE };
  });
};
