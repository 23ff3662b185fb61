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
  /** Whose texts it prints: doppel's own, or those that programs made for duplicity look for, counted as its generation 3 does or 0.8. */
  readonly texts: "doppel" | "duplicity-3" | "duplicity-0.8";
  /** The exit code of a run that left something out. */
  readonly incomplete: number;
  /** Where its exit codes are others than `EXIT_CODES`. */
  readonly exits: Partial<Record<ErrorCode, number>>;
  /** The exit codes of a run that was stopped. */
  readonly signals: Readonly<Record<StopSignal, number>>;
}
