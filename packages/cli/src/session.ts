import { DoppelError, type Runtime } from "@doppel/base";
import type { Environment } from "./locations.ts";
import type { Invocation } from "./parse/doppel.ts";
import type { Passphrases } from "./passphrases.ts";
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
  /** What people type to run this program. */
  readonly program: string;
}

/** Runs a command and renders its result. @returns how many things were left out or are not as they were */
export type Command = (session: Session) => Promise<number>;

/** The n-th positional argument, which the parser has made sure of. */
export function argument({ command, positionals }: Invocation, index: number): Invocation["positionals"][number] {
  const value = positionals[index];
  if (value === undefined) throw new Error(`argument ${index} of ${command} was not parsed`);
  return value;
}

/** The signal's own error, if a run was stopped: what it fails with then is only a consequence. */
export function causeOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && signal.reason instanceof DoppelError ? signal.reason : error;
}
