import { parseArgs, type ParseArgsConfig } from "node:util";
import { DoppelError } from "@doppel/base";
import { type GivenRule, OPTIONS, type OptionName, type RuleName, RULES } from "../options.ts";
import { nearest } from "./nearest.ts";

/** What stands on a command line, with every option under its own name. All text is bytes, one char each. */
export interface Tokens {
  readonly positionals: readonly string[];
  /** The values given for each option, in order; "" for each time that a flag is given. */
  readonly given: ReadonlyMap<OptionName, readonly string[]>;
  /** The options that choose files, in order. */
  readonly rules: readonly GivenRule[];
  readonly help: boolean;
  readonly version: boolean;
}

/**
 * Splits arguments as GNU programs do: options anywhere, `--name value`, `--name=value`, `-n value`, `-nvalue`, `--` ends them.
 * An option that needs a value takes the next argument, whatever that looks like (cli spec 2.1).
 * @throws cli.usage for an unknown option, a missing value, and a value given to a flag
 */
export function tokenise(args: readonly string[]): Tokens {
  const positionals: string[] = [];
  const given = new Map<OptionName, string[]>();
  const rules: GivenRule[] = [];
  const asked = new Set<string>();
  const { tokens } = parseArgs({ args: [...args], options: CONFIG, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const name = NAMES.get(token.name);
    if (name === undefined) throw unknownOption(token.rawName);
    if (needsValue(name) && token.value === undefined) throw usage(`${token.rawName} needs a value`, token.rawName);
    if (!needsValue(name) && token.value !== undefined) throw usage(`${token.rawName} takes no value`, token.rawName);
    const value = token.value ?? "";
    if (isRule(name)) rules.push({ rule: name, value });
    else if (isOption(name)) given.set(name, [...(given.get(name) ?? []), value]);
    else asked.add(name);
  }
  return { positionals, given, rules, help: asked.has("help"), version: asked.has("version") };
}

/** Every spelling of an option (long names, and letters) and the name it stands for. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ...[...Object.keys(OPTIONS), ...Object.keys(RULES), "help", "version"].map((name) => [name, name] as const),
  ...Object.entries(OPTIONS).flatMap(([name, row]) =>
    "aliases" in row ? row.aliases.map((alias) => [alias, name] as const) : [],
  ),
  ["h", "help"],
  ["V", "version"],
]);

const CONFIG: NonNullable<ParseArgsConfig["options"]> = Object.fromEntries(
  [...NAMES].map(([spelling, name]) => {
    const type = needsValue(name) ? "string" : "boolean";
    // parseArgs wants a long name beside a letter; the letter itself stands for it.
    return [spelling, spelling.length === 1 ? { type, short: spelling } : { type }] as const;
  }),
);

function needsValue(name: string): boolean {
  const row = isRule(name) ? RULES[name] : isOption(name) ? OPTIONS[name] : {};
  return "metavar" in row;
}

function isRule(name: string): name is RuleName {
  return Object.hasOwn(RULES, name);
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function unknownOption(rawName: string): DoppelError<"cli.usage"> {
  const shown = Buffer.from(rawName, "latin1").toString("utf8");
  const known = nearest(
    rawName.replace(/^-+/, ""),
    [...NAMES.keys()].filter((name) => name.length > 1),
  );
  return usage(`unknown option ${shown}${known === undefined ? "" : `; did you mean --${known}?`}`, shown);
}

function usage(message: string, option: string): DoppelError<"cli.usage"> {
  return new DoppelError("cli.usage", message, { option });
}
