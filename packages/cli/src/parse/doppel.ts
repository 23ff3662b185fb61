import { type BytePath, DoppelError, displayPath } from "@doppel/base";
import { COMMANDS, isCommand, positionalsOf } from "../commands.ts";
import type { CommandName } from "../option.ts";
import { type GivenRule, OPTIONS, type OptionName, RULE_COMMANDS, type Settings } from "../options.ts";
import { nearest } from "./nearest.ts";
import { type Tokens, tokenise } from "./tokens.ts";

/** What a command line asks for. */
export type Request =
  | { readonly kind: "help"; readonly command?: CommandName }
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
    const [word, ...rest] = tokens.positionals;
    if (word === "help") return helpFor(rest);
    if (word !== undefined && isCommand(word)) command = word;
    if (tokens.help || args.length === 0) return { kind: "help", ...(command !== undefined && { command }) };
    if (command === undefined) throw noSuchCommand(word);
    return { kind: "run", run: { command, ...checked(command, rest as BytePath[], tokens, "doppel") } };
  } catch (error) {
    // An unknown option stops before the command is known: it is the first argument in nearly every such line.
    const first = args.find((argument) => isCommand(argument)) as CommandName | undefined;
    throw withHint(error, command ?? first);
  }
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
  if (settings.progress && settings["no-progress"]) throw usage("--progress and --no-progress exclude each other");
  return { positionals, settings, rules: tokens.rules };
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
    const { commands }: { readonly commands: readonly CommandName[] } = OPTIONS[name];
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
    if (kind === "path" && URL_START.test(argument)) {
      throw usage(`"${displayPath(argument)}" is a URL where ${name} belongs: ${line}`);
    }
  });
  const extra = given[wanted.length];
  if (extra !== undefined) throw usage(`"${displayPath(extra)}" is one argument too many: ${line}`);
}

/** What can only be a URL (cli spec 2.3); `./a://b` is a path. */
const URL_START = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|file:\/)/i;

function helpFor(topic: readonly string[]): Request {
  const [word] = topic;
  if (word === undefined) return { kind: "help" };
  if (!isCommand(word)) throw noSuchCommand(word);
  return { kind: "help", command: word };
}

function noSuchCommand(word: string | undefined): DoppelError<"cli.usage"> {
  const names = Object.keys(COMMANDS);
  if (word === undefined) return usage(`a command is missing: one of ${names.join(", ")}`);
  const known = nearest(word, names);
  const remedy = known === undefined ? `use one of ${names.join(", ")}` : `did you mean ${known}?`;
  return usage(`unknown command "${displayPath(word as BytePath)}"; ${remedy}`);
}

function withHint(error: unknown, command: CommandName | undefined): unknown {
  if (!(error instanceof DoppelError) || error.code !== "cli.usage") return error;
  const { data } = error as DoppelError<"cli.usage">;
  return new DoppelError("cli.usage", `${error.message} (see doppel ${command === undefined ? "" : `${command} `}--help)`, data);
}

function usage(message: string, option?: string): DoppelError<"cli.usage"> {
  return new DoppelError("cli.usage", message, option === undefined ? {} : { option: `--${option}` });
}
