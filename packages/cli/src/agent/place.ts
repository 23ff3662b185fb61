import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DoppelError, errnoOf } from "@doppel/base";
import type { Environment } from "../locations.ts";

/** Where the agent's socket is. */
export interface AgentPlace {
  readonly socket: string;
  /** Nobody takes this folder away at logout: the agent has to look for itself whether its session is over. */
  readonly outlivesSession: boolean;
}

/**
 * The place of this user's agent: `$XDG_RUNTIME_DIR/doppel`, or `/tmp/doppel-UID` where there is no such folder of his own.
 * @param make  whether to make the folder, and to fail when that is not to be had
 * @returns undefined when there is none, or one that somebody else could have made: nothing in it is trusted
 * @throws temp.unusable, with `make`
 */
export function agentPlace(variables: Environment["variables"], user: number, make: boolean): AgentPlace | undefined {
  const { XDG_RUNTIME_DIR: runtime = "" } = variables;
  const own = runtime.startsWith("/") && problemOf(runtime, user) === undefined;
  const folder = own ? join(runtime, "doppel") : `/tmp/doppel-${user}`;
  if (make) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw unusable(folder, `cannot be made (${errnoOf(error) ?? "unknown error"})`, error);
    }
  }
  const problem = problemOf(folder, user);
  if (problem === undefined) return { socket: join(folder, "agent.sock"), outlivesSession: !own };
  if (make) throw unusable(folder, problem);
  return undefined;
}

/** What keeps a folder from being this user's alone. A link is no folder: where it leads can change. */
function problemOf(folder: string, user: number): string | undefined {
  try {
    const { mode, uid } = lstatSync(folder);
    if ((mode & 0o170_000) !== 0o040_000) return "is no folder";
    if (uid !== user) return "belongs to somebody else";
    return (mode & 0o077) === 0 ? undefined : "is open to others; it has to have mode 0700";
  } catch (error) {
    return `is not there (${errnoOf(error) ?? "unknown error"})`;
  }
}

/**
 * Refuses what an agent may hide behind: a folder that is not this user's alone any more, or something else than a socket in it.
 * The agent is not asked there, but what it keeps, it keeps. @throws temp.unusable
 */
export function refuseStrange(variables: Environment["variables"], user: number): void {
  const { XDG_RUNTIME_DIR: runtime = "" } = variables;
  const folders = [...(runtime.startsWith("/") ? [join(runtime, "doppel")] : []), `/tmp/doppel-${user}`];
  for (const folder of folders) {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    const problem = found && problemOf(folder, user);
    if (problem !== undefined) throw unreached(folder, problem);
    const socket = join(folder, "agent.sock");
    const inside = found && lstatSync(socket, { throwIfNoEntry: false });
    if (inside === undefined) continue;
    if ((inside.mode & 0o170_000) !== 0o140_000) throw unreached(socket, "is no socket");
    if (inside.uid !== user) throw unreached(socket, "belongs to somebody else");
  }
}

function unreached(path: string, why: string): DoppelError<"temp.unusable"> {
  const message = `${path}, where the agent is asked, ${why}: an agent may still keep passphrases and cannot be reached; mend that, or end it (its command line has --passphrase-agent)`;
  return new DoppelError("temp.unusable", message, { path });
}

function unusable(path: string, why: string, cause?: unknown): DoppelError<"temp.unusable"> {
  return new DoppelError("temp.unusable", `${path}, where the agent's socket belongs, ${why}; nothing is kept`, { path }, cause);
}
