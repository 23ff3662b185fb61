import { type BytePath, DoppelError, type Runtime } from "@doppel/base";
import type { Profile } from "@doppel/monitor";
import { COMMANDS } from "./commands.ts";
import type { Environment } from "./locations.ts";
import type { Settings } from "./options.ts";
import type { Invocation } from "./parse/doppel.ts";
import type { Passphrases } from "./passphrases.ts";
import type { Persona } from "./persona.ts";
import type { Renderer } from "./render/renderer.ts";

/** What a command runs with. */
export interface Session {
  readonly invocation: Invocation;
  readonly environment: Environment;
  readonly passphrases: Passphrases;
  readonly runtime: Runtime;
  readonly renderer: Renderer;
  /** Whether somebody is shown how far it is. */
  readonly showsProgress: boolean;
  /** Whether nobody reads the results any more. */
  readonly unread: () => boolean;
  /**
   * Asks a person; what is typed can be seen only if `shows`. Undefined when there is no terminal, or nothing but its end (Ctrl-D).
   * The question itself goes to the terminal and nowhere else, so it may hold what no log may have.
   */
  readonly ask: (question: string, shows?: boolean) => Promise<string | undefined>;
  /** What people type to run this program. */
  readonly program: string;
  readonly texts: Persona["texts"];
  /** That `@NAME` stood for: its URL and options are in `invocation` already. */
  readonly profile?: Profile;
  /** The same of every target that was named so, by the URL that stands among the arguments now. */
  readonly targets?: ReadonlyMap<BytePath, ProfileTarget>;
}

/** A target that a profile describes. */
export interface ProfileTarget {
  readonly profile: Profile;
  /** Those of the command line, and the profile's own where it says nothing. */
  readonly settings: Settings;
}

/**
 * How a command ended that did not fail. `incomplete`: something was left out; `different`: what was compared is not the
 * same; `damaged`: the backup is not sound, which is what was to be found out; `unrestored`: some of what was asked for is not there.
 */
export type Outcome =
  | "complete"
  | "incomplete"
  | "different"
  | "damaged"
  | "unrestored"
  /** A command with exit codes of its own, which its help documents. */
  | { readonly exit: number };

/** Runs a command and renders its result. */
export type Command = (session: Session) => Promise<Outcome>;

/** @param incomplete how many things were left out or are not as they were */
export function outcomeOf(incomplete: number): Outcome {
  return incomplete > 0 ? "incomplete" : "complete";
}

/** The positional argument of that name in the table of commands, which the parser has made sure of. */
export function argument({ command, positionals }: Invocation, name: string): Invocation["positionals"][number] {
  const value = positionals[COMMANDS[command].positionals.findIndex((positional) => positional.name === name)];
  if (value === undefined) throw new Error(`${name} of ${command} was not parsed`);
  return value;
}

/** The signal's own error, if a run was stopped: what it fails with then is only a consequence. */
export function causeOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && signal.reason instanceof DoppelError ? signal.reason : error;
}
