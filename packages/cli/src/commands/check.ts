import { join } from "node:path";
import { DoppelError } from "@doppel/base";
import { check as checkTarget } from "@doppel/engine/internal";
import { DAMAGED, DONE, INCOMPLETE } from "../exit-codes.ts";
import { localPath } from "../locations.ts";
import { checkData, checkText } from "../render/check.ts";
import type { Command, Session } from "../session.ts";
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
  refuseMeaningless(settings);
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

/** What would find everything sound because nothing of it was looked at. @throws cli.usage */
function refuseMeaningless(settings: Session["invocation"]["settings"]): void {
  if (settings["without-key"] && settings["sign-key"] !== undefined) {
    const message =
      "--without-key cannot stand beside --sign-key: signatures are inside what is encrypted, so nobody sees them without the key; leave out one, or let audit --receipt-key look at signed receipts";
    throw new DoppelError("cli.usage", message, { option: "--without-key" });
  }
  const { sample } = settings;
  const isNone = (sample?.kind === "objects" && sample.count === 0) || (sample?.kind === "percent" && sample.percent === 0);
  if (isNone) {
    const message =
      "--sample 0 reads no object, so that nothing can be called sound; give a number of 1 or more, or leave it out to read all";
    throw new DoppelError("cli.usage", message, { option: "--sample" });
  }
}
