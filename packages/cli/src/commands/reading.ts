import type { ReadDeps } from "@doppel/engine";
import { argument, type Session } from "../session.ts";
import { openTarget, readDeps } from "../wire.ts";

/** Opens the target that the first argument names, and forgets keys and passphrases afterwards. */
export async function withReadDeps<T>(session: Session, use: (deps: ReadDeps) => Promise<T>): Promise<T> {
  const { invocation, environment, runtime } = session;
  const url = argument(invocation, 0);
  await using storage = await openTarget(url, "read", environment, runtime);
  const deps = await readDeps(url, storage, { ...session, settings: invocation.settings });
  try {
    return await use(deps);
  } finally {
    await deps.keys?.close();
  }
}
