import { COMMANDS, isCommand } from "../commands.ts";
import type { CommandName, Option } from "../option.ts";
import { commandsOf, OPTIONS, type OptionName, type Rule, RULES, rulesOf } from "../options.ts";

/** An option as a shell offers it. */
export interface OfferedOption {
  /** With its dashes. */
  readonly name: string;
  readonly help: string;
  /** What stands for its value; absent for a flag. */
  readonly metavar?: string;
}

/** A command as a shell offers it. */
export interface OfferedCommand {
  readonly name: CommandName;
  readonly summary: string;
  readonly options: readonly OfferedOption[];
}

/** Every command with every option that `doppel` takes there and shows, from the tables that the parser and the help are made from. */
export function offered(): readonly OfferedCommand[] {
  return Object.keys(COMMANDS)
    .filter(isCommand)
    .map((name) => ({ name, summary: COMMANDS[name].summary, options: [...optionsOf(name), HELP] }));
}

/** First words of commands with what the command, or how many commands, of that word do. */
export function firstWords(commands: readonly OfferedCommand[]): ReadonlyMap<string, string> {
  const words = new Map<string, string[]>();
  for (const { name, summary } of commands) {
    const [first = "", second] = name.split(" ");
    words.set(first, [...(words.get(first) ?? []), second ?? summary]);
  }
  return new Map([...words].map(([first, what]) => [first, what.join(", ")]));
}

/** Second words of the commands that begin with this one. */
export function secondWords(commands: readonly OfferedCommand[], first: string): readonly (readonly [string, string])[] {
  return commands.flatMap(({ name, summary }) => {
    const [one, two] = name.split(" ");
    return one === first && two !== undefined ? [[two, summary] as const] : [];
  });
}

/** First words that alone are no command. */
export function pairWords(commands: readonly OfferedCommand[]): readonly string[] {
  return [...new Set(commands.flatMap(({ name }) => (name.includes(" ") ? [name.split(" ")[0]!] : [])))];
}

/** Names, with dashes, of options that take a value with some command. */
export function withValue(commands: readonly OfferedCommand[]): readonly string[] {
  const names = commands.flatMap(({ options }) => options.flatMap(({ name, metavar }) => (metavar === undefined ? [] : [name])));
  return [...new Set(names)].toSorted();
}

const HELP: OfferedOption = { name: "--help", help: "the options of this command, with examples" };

function optionsOf(command: CommandName): readonly OfferedOption[] {
  const rules = rulesOf(command).map((name) => {
    const { help, metavar }: Rule = RULES[name];
    return { name: `--${name}`, help, ...(metavar !== undefined && { metavar }) };
  });
  const options = Object.entries<Option>(OPTIONS).flatMap(([name, { hidden, only, help, metavar, also }]) => {
    if (hidden === true || only === "duplicity" || !commandsOf(name as OptionName).includes(command)) return [];
    const text = also?.find(({ commands }) => commands.includes(command))?.help ?? help;
    return [{ name: `--${name}`, help: text, ...(metavar !== undefined && { metavar }) }];
  });
  return [...rules, ...options];
}
