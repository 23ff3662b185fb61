import { type BytePath, DoppelError, displayPath } from "@doppel/base";
import { COMMANDS, positionalsOf } from "../commands.ts";
import { type CommandName, type Program, wholeNumber } from "../option.ts";
import { OPTIONS, type OptionName, type Settings } from "../options.ts";
import { isUrl } from "./implied.ts";
import type { Tokens } from "./tokens.ts";

/**
 * The value of every option.
 * @throws cli.usage for a bad value; cli.unsupported
 */
export function readSettings(given: Tokens["given"]): Settings {
  const settings: Partial<Record<OptionName, unknown>> = {};
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    try {
      settings[name] = OPTIONS[name].read(given.get(name) ?? []);
    } catch (error) {
      if (!(error instanceof DoppelError)) throw error;
      const { code, data } = error as DoppelError;
      throw code === "cli.usage"
        ? usage(`--${name} ${error.message}`, name)
        : new DoppelError(code, `--${name} ${error.message}`, data);
    }
  }
  const complete = settings as Settings;
  return complete.json ? { ...complete, "log-format": "json" } : complete;
}

/**
 * Whether a command has its arguments, and each is of its kind. `duplicity` knows no plain path as a target.
 * @throws cli.usage
 */
export function checkPositionals(command: CommandName, given: readonly BytePath[], program: Program): void {
  const line = `${program} ${command} ${positionalsOf(command)}`;
  const wanted = COMMANDS[command].positionals;
  wanted.forEach(({ name, kind, optional }, i) => {
    const argument = given[i];
    if (argument === undefined && optional) return;
    if (argument === undefined) throw usage(`${name} is missing: ${line}`);
    if (argument === "") throw usage(`${name} is empty: ${line}`);
    if (kind !== "target" && isUrl(argument)) {
      throw usage(`"${displayPath(argument)}" is a URL where ${name} belongs: ${line}`);
    }
    if (kind === "target" && program === "duplicity" && !isUrl(argument)) {
      throw usage(
        `"${displayPath(argument)}" is no URL, which belongs there: ${line}; a folder is file://${displayPath(argument)}`,
      );
    }
    if (kind === "count") checkCount(name, argument, line);
  });
  const extra = given[wanted.length];
  if (extra !== undefined) throw usage(`"${displayPath(extra)}" is one argument too many: ${line}`);
}

function checkCount(name: string, argument: BytePath, line: string): void {
  try {
    wholeNumber(1)(argument);
  } catch (error) {
    throw error instanceof DoppelError ? usage(`${name} ${error.message}: ${line}`) : error;
  }
}

/** @param option its name without dashes, when it is about one */
export function usage(message: string, option?: string): DoppelError<"cli.usage"> {
  return new DoppelError("cli.usage", message, option === undefined ? {} : { option: `--${option}` });
}
