import type { Runtime } from "@doppel/base";
import { type ReadDeps, removeTemporaries } from "@doppel/engine/internal";
import { localTime } from "../render/times.ts";
import { argument, type Outcome, type Session } from "../session.ts";
import { openTarget, readDeps } from "../wire.ts";

/** Opens the target that the argument URL names, and forgets keys and passphrases afterwards. */
export async function withReadDeps(session: Session, use: (deps: ReadDeps) => Promise<Outcome>): Promise<Outcome> {
  const { invocation } = session;
  const url = argument(invocation, "URL");
  await using storage = await openTarget(url, "read", session);
  const context = { ...session, settings: readingSettings(session) };
  const deps = await readDeps(url, storage, context, invocation.command === "status");
  await removeTemporaries(deps.tempDir, session.runtime.maker);
  try {
    return await use(deps);
  } finally {
    await deps.keys?.close();
  }
}

/** For stock `--no-encryption` beside a command that reads means only: ask for no passphrase, gpg's agent has it. */
function readingSettings({ invocation: { settings }, texts }: Session): Session["invocation"]["settings"] {
  if (texts === "doppel" || !settings["no-encryption"]) return settings;
  return { ...settings, "no-encryption": false, "use-agent": true };
}

/** Says so when the state that is read is not as old as the one that was asked for: there is none so old, and the first is used. */
export function tellingIfNewer(runtime: Runtime, asked: Date | undefined): Runtime {
  if (asked === undefined) return runtime;
  return {
    ...runtime,
    emit: (event) => {
      runtime.emit(event);
      if (event.type !== "set.opened" || event.time <= asked) return;
      const detail = `no backup is as old as ${localTime(asked)}; this is the first one, of ${localTime(event.time)}`;
      runtime.emit({ type: "notice", reason: "time", incomplete: false, detail });
    },
  };
}
