import { DoppelError, displayPath } from "@doppel/base";
import { find as findVersions } from "@doppel/engine/internal";
import { argument, type Command, outcomeOf } from "../session.ts";
import { prefixesOf } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

/** `doppel find PATTERN URL` */
export const find: Command = (session) => {
  const { invocation, runtime, renderer, unread } = session;
  const pattern = argument(invocation, "PATTERN");
  const job = { pattern, prefixes: prefixesOf(invocation.settings) };
  return withReadDeps(session, async (deps) => {
    let found = 0;
    let gaps = 0;
    const counting: typeof runtime = {
      ...runtime,
      emit: (event) => {
        if (event.type === "notice" && event.incomplete) gaps++;
        runtime.emit(event);
      },
    };
    for await (const version of findVersions(job, deps, counting)) {
      if (unread()) break;
      found++;
      renderer.row({ kind: "version", version });
    }
    if (found === 0 && !unread()) {
      const path = displayPath(pattern);
      const message = `nothing in the backups matches ${path}; paths begin at the root of the backup, and **/NAME is one anywhere`;
      throw new DoppelError("restore.path-not-found", message, { path });
    }
    renderer.result({ kind: "find", found });
    return outcomeOf(gaps);
  });
};
