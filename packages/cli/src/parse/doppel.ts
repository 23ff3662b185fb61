import { type BytePath, DoppelError, displayPath, nearest } from "@doppel/base";
import { commandNamed, commandNames, commandsBeginning } from "../commands.ts";
import type { CommandName } from "../option.ts";
import { commandsOf, type GivenRule, RULE_COMMANDS, type Settings } from "../options.ts";
import { checkPositionals, readSettings, usage } from "./check.ts";
import { impliedCommand, isUrl } from "./implied.ts";
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
  /** What to tell of the options: those without effect, those by old names. */
  readonly remarks: readonly string[];
}

/**
 * The command line of `doppel`, one char per byte.
 * @throws cli.usage; the message ends by naming the help to read
 */
export function parseDoppel(args: readonly string[]): Request {
  let command: CommandName | undefined;
  try {
    const tokens = tokenise(args, { program: "doppel" });
    if (tokens.version) return { kind: "version" };
    const [word, ...others] = tokens.positionals as BytePath[];
    if (word === "help") return helpFor(others);
    const named = word === undefined ? undefined : commandOf([word, ...others]);
    command = named?.command;
    if (tokens.help || args.length === 0) return { kind: "help", asked: tokens.help, ...(command !== undefined && { command }) };
    if (named) return { kind: "run", run: { command: named.command, ...checked(named.command, named.rest, tokens) } };
    command = implied(tokens.positionals as BytePath[]);
    return { kind: "run", run: { command, ...checked(command, tokens.positionals as BytePath[], tokens) } };
  } catch (error) {
    // An unknown option stops before the command is known: it is the first argument in nearly every such line.
    const first = args.map((_, i) => commandOf(args.slice(i))?.command).find((found) => found !== undefined);
    throw withHint(error, command ?? first);
  }
}

/** The command that the first one or two words name, and what follows them. */
export function commandOf<T extends string>([word, second, ...more]: readonly T[]):
  | { readonly command: CommandName; readonly rest: readonly T[] }
  | undefined {
  if (word === undefined) return undefined;
  const pair = second === undefined ? undefined : commandNamed(`${word} ${second}`);
  if (pair !== undefined) return { command: pair, rest: more };
  const single = commandNamed(word);
  return single && { command: single, rest: second === undefined ? [] : [second, ...more] };
}

/** What arguments mean that do not begin with a command. A slip in a command's name must not back up a folder of that name. */
function implied(positionals: readonly BytePath[]): CommandName {
  const [word, second, ...more] = positionals;
  if (word === undefined || second === undefined || more.length > 0 || commandsBeginning(word).length > 0 || commandLike(word))
    throw noSuchCommand(word);
  return impliedCommand([word, second], "doppel");
}

/**
 * The values of all options for a command.
 * @throws cli.usage for options that the command does not have, bad values, and too few or too many arguments
 */
function checked(command: CommandName, positionals: readonly BytePath[], tokens: Tokens): Omit<Invocation, "command"> {
  checkApplies(command, tokens);
  checkPositionals(command, positionals, "doppel");
  const settings = readSettings(tokens.given);
  checkTogether(command, settings);
  return { positionals, settings, rules: tokens.rules, remarks: tokens.remarks };
}

function checkTogether(command: CommandName, settings: Settings): void {
  if (settings.progress && settings["no-progress"]) throw usage("--progress and --no-progress exclude each other");
  if (settings["show-changes-in-set"] !== undefined && settings["file-changed"] !== undefined)
    throw usage("--show-changes-in-set and --file-changed exclude each other");
  const keeps = ["keep-daily", "keep-weekly", "keep-monthly", "keep-yearly"] as const;
  if (command === "prune" && keeps.every((keep) => settings[keep] === undefined))
    throw usage(`prune has to be told what to keep: ${keeps.map((keep) => `--${keep}`).join(", ")}`);
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

function helpFor(topic: readonly string[]): Request {
  const [word] = topic;
  if (word === undefined) return { kind: "help", asked: true };
  const named = commandOf(topic);
  if (named === undefined) throw noSuchCommand(word as BytePath);
  return { kind: "help", asked: true, command: named.command };
}

function noSuchCommand(word: BytePath | undefined): DoppelError<"cli.usage"> {
  if (word === undefined) return usage("a command is missing");
  if (isUrl(word)) return usage(`what is to be done with "${displayPath(word)}"? Name the command, as in doppel status URL`);
  const pairs = commandsBeginning(word);
  if (pairs.length > 0) return usage(`${word} what? ${pairs.join(", ")}`);
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
