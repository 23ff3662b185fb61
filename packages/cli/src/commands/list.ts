import { list as listBackup } from "@doppel/engine";
import type { Command } from "../session.ts";
import { prefixesOf, timeOf } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

/** `doppel list URL` */
export const list: Command = (session) => {
  const { invocation, runtime, renderer, unread } = session;
  const job = { ...timeOf(invocation.settings, runtime.clock.now()), prefixes: prefixesOf(invocation.settings) };
  return withReadDeps(session, async (deps) => {
    for await (const entry of listBackup(job, deps, runtime)) {
      if (unread()) break;
      renderer.entry(entry);
    }
    return 0;
  });
};
