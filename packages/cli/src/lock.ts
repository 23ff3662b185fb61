import { hostname } from "node:os";
import { isDoppelError, type Runtime } from "@doppel/base";
import { lockArchiveDir } from "@doppel/engine/internal";
import { COMMANDS } from "./commands.ts";
import { archiveDirOf, type Environment } from "./locations.ts";
import type { CommandName } from "./option.ts";
import type { Invocation } from "./parse/doppel.ts";
import type { Persona } from "./persona.ts";
import { argument } from "./session.ts";

/** Commands that build on what is in the archive directory, or take something out of it. */
const CHANGING: readonly CommandName[] = [
  "backup",
  "full",
  "incremental",
  "remove-older-than",
  "remove-all-but-n-full",
  "remove-all-inc-of-but-n-full",
  "prune",
  "cleanup",
];
const BACKUPS: readonly CommandName[] = ["backup", "full", "incremental"];

/**
 * The lock that a command has to hold on its target's archive directory, if any: stock locks for every command (cli spec 9), and
 * so do we in its place; `doppel` lets others read while a backup runs.
 * @throws archive-dir.locked, archive-dir.unusable
 */
export async function lockFor(
  invocation: Invocation,
  { texts }: Persona,
  environment: Environment,
  runtime: Runtime,
): Promise<AsyncDisposable | undefined> {
  const { command, settings } = invocation;
  const changing = CHANGING.includes(command);
  if (!changing && (texts === "doppel" || !COMMANDS[command].positionals.some(({ name }) => name === "URL"))) return undefined;
  const path = archiveDirOf(argument(invocation, "URL"), settings, environment);
  try {
    return await lockArchiveDir(path, { hostname: hostname(), create: BACKUPS.includes(command) }, runtime);
  } catch (error) {
    // A reader can do without the folder, and a backup that is no increment, too: it says what it lacks then.
    const dispensable = !changing || (texts === "doppel" && (command === "full" || command === "backup"));
    if (dispensable && isDoppelError(error, "archive-dir.unusable")) return undefined;
    throw error;
  }
}
