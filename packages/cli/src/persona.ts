import type { ErrorCode } from "@doppel/base";
import type { StopSignal } from "./exit-codes.ts";
import type { CommandName } from "./option.ts";
import type { Request } from "./parse/doppel.ts";

/** One of the two programs that this package is: what they have in common is everything else. */
export interface Persona {
  /** What messages start with. */
  readonly program: string;
  /** @throws cli.usage, cli.unsupported */
  readonly parse: (args: readonly string[]) => Request;
  /** The line that `--version` prints. */
  readonly version: string;
  readonly help: (command: CommandName | undefined, columns: number) => Promise<string>;
  /** The exit code of a run that left something out. */
  readonly incomplete: number;
  /** Where its exit codes are others than `EXIT_CODES`. */
  readonly exits: Partial<Record<ErrorCode, number>>;
  /** The exit codes of a run that was stopped. */
  readonly signals: Readonly<Record<StopSignal, number>>;
}
