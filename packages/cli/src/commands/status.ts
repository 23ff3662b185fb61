import { status as statusOf } from "@doppel/engine";
import type { Command } from "../session.ts";
import { prefixesOf } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

/** `doppel status URL` */
export const status: Command = (session) =>
  withReadDeps(session, async (deps) => {
    const report = await statusOf({ prefixes: prefixesOf(session.invocation.settings) }, deps, session.runtime);
    session.renderer.result({ kind: "status", report });
    return 0;
  });
