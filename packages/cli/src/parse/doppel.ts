import { type BytePath, DoppelError, displayPath } from "@doppel/base";
import { commandNamed, commandNames, COMMANDS, positionalsOf } from "../commands.ts";
import { type CommandName, wholeNumber } from "../option.ts";
import { commandsOf, type GivenRule, OPTIONS, type OptionName, RULE_COMMANDS, type Settings } from "../options.ts";
import { impliedCommand, isUrl } from "./implied.ts";
import { nearest } from "./nearest.ts";
import { type Tokens, tokenise } from "./tokens.ts";

/** What a command line asks for. */
export type Request =
  /** `asked` is false when there was no argument at all: that is a wrong command line, and help is the answer. */
  | { readonly kind: "help"; readonly command?: CommandName; readonly asked: boolean }
  | { readonly kind: "version" }
  | { readonly kind: "run"; readonly run: Invocation };

/** A command with its arguments, all checked except what only the outside world knows. */
export interface Invocation {
  readonly command: CommandName;
  /** As many as the command has, as typed (one char per byte). */
  readonly positionals: readonly BytePath[];
  readonly settings: Settings;
  readonly rules: readonly GivenRule[];
}

/**
 * The command line of `doppel`, one char per byte.
 * @throws cli.usage; the message ends by naming the help to read
 */
export function parseDoppel(args: readonly string[]): Request {
  let command: CommandName | undefined;
  try {
    const tokens = tokenise(args);
    if (tokens.version) return { kind: "version" };
    const [word, ...rest] = tokens.positionals as BytePath[];
    if (word === "help") return helpFor(rest);
    command = word === undefined ? undefined : commandNamed(word);
    if (tokens.help || args.length === 0) return { kind: "help", asked: tokens.help, ...(command !== undefined && { command }) };
    if (command !== undefined) return { kind: "run", run: { command, ...checked(command, rest, tokens, "doppel") } };
    command = implied(tokens.positionals as BytePath[]);
    return { kind: "run", run: { command, ...checked(command, tokens.positionals as BytePath[], tokens, "doppel") } };
  } catch (error) {
    // An unknown option stops before the command is known: it is the first argument in nearly every such line.
    const first = args.map(commandNamed).find((named) => named !== undefined);
    throw withHint(error, command ?? first);
  }
}

/** What arguments mean that do not begin with a command. A slip in a command's name must not back up a folder of that name. */
function implied(positionals: readonly BytePath[]): CommandName {
  const [word, second, ...more] = positionals;
  if (word === undefined || second === undefined || more.length > 0 || commandLike(word)) throw noSuchCommand(word);
  return impliedCommand([word, second], "doppel");
}

/**
 * The values of all options for a command.
 * @throws cli.usage for options that the command does not have, bad values, and too few or too many arguments
 */
export function checked(
  command: CommandName,
  positionals: readonly BytePath[],
  tokens: Tokens,
  program: string,
): Omit<Invocation, "command"> {
  checkApplies(command, tokens);
  checkPositionals(command, positionals, `${program} ${command} ${positionalsOf(command)}`);
  const settings = readSettings(tokens.given);
  checkTogether(command, settings);
  const asJson = settings.json ? { "log-format": "json" as const } : {};
  return { positionals, settings: { ...settings, ...asJson }, rules: tokens.rules };
}

function checkTogether(command: CommandName, settings: Settings): void {
  if (settings.progress && settings["no-progress"]) throw usage("--progress and --no-progress exclude each other");
  if (settings["show-changes-in-set"] !== undefined && settings["file-changed"] !== undefined)
    throw usage("--show-changes-in-set and --file-changed exclude each other");
  const keeps = ["keep-daily", "keep-weekly", "keep-monthly", "keep-yearly"] as const;
  if (command === "prune" && keeps.every((keep) => settings[keep] === undefined))
    throw usage(`prune has to be told what to keep: ${keeps.map((keep) => `--${keep}`).join(", ")}`);
}

function readSettings(given: Tokens["given"]): Settings {
  const settings: Partial<Record<OptionName, unknown>> = {};
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    try {
      settings[name] = OPTIONS[name].read(given.get(name) ?? []);
    } catch (error) {
      throw error instanceof DoppelError ? usage(`--${name} ${error.message}`, name) : error;
    }
  }
  return settings as Settings;
}

function checkApplies(command: CommandName, tokens: Tokens): void {
  for (const name of tokens.given.keys()) {
    const commands = commandsOf(name);
    if (!commands.includes(command)) throw usage(`--${name} is for ${commands.join(", ")}, not for ${command}`, name);
  }
  const [rule] = tokens.rules;
  if (rule !== undefined && !(RULE_COMMANDS as readonly string[]).includes(command)) {
    throw usage(`--${rule.rule} is for ${RULE_COMMANDS.join(", ")}, not for ${command}`, rule.rule);
  }
}

function checkPositionals(command: CommandName, given: readonly BytePath[], line: string): void {
  const wanted = COMMANDS[command].positionals;
  wanted.forEach(({ name, kind }, i) => {
    const argument = given[i];
    if (argument === undefined) throw usage(`${name} is missing: ${line}`);
    if (argument === "") throw usage(`${name} is empty: ${line}`);
    if (kind !== "target" && isUrl(argument)) {
      throw usage(`"${displayPath(argument)}" is a URL where ${name} belongs: ${line}`);
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

function helpFor(topic: readonly string[]): Request {
  const [word] = topic;
  if (word === undefined) return { kind: "help", asked: true };
  const command = commandNamed(word);
  if (command === undefined) throw noSuchCommand(word as BytePath);
  return { kind: "help", asked: true, command };
}

function noSuchCommand(word: BytePath | undefined): DoppelError<"cli.usage"> {
  if (word === undefined) return usage("a command is missing");
  if (isUrl(word)) return usage(`what is to be done with "${displayPath(word)}"? Name the command, as in doppel status URL`);
  const known = commandLike(word);
  const remedy = known === undefined ? "" : `; did you mean ${known}? A folder of that name is ./${displayPath(word)}`;
  return usage(`unknown command "${displayPath(word)}"${remedy}`);
}

/** The command that a word was probably meant to be. */
function commandLike(word: string): string | undefined {
  return nearest(word, commandNames());
}

function withHint(error: unknown, command: CommandName | undefined): unknown {
  if (!(error instanceof DoppelError) || error.code !== "cli.usage") return error;
  const { data } = error as DoppelError<"cli.usage">;
  return new DoppelError("cli.usage", `${error.message} (see doppel ${command === undefined ? "" : `${command} `}--help)`, data);
}

function usage(message: string, option?: string): DoppelError<"cli.usage"> {
  return new DoppelError("cli.usage", message, option === undefined ? {} : { option: `--${option}` });
}
