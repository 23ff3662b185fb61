import { DoppelError } from "@doppel/base";
import type { Option, Program } from "../option.ts";
import { EXPANDED_RULES, type GivenRule, OLD_RULES, OPTIONS, type OptionName } from "../options.ts";
import { abbreviated, type Spelling, spelled, unknownOption } from "./spellings.ts";

/** What stands on a command line, with every option under its own name. All text is bytes, one char each. */
export interface Tokens {
  readonly positionals: readonly string[];
  /** Which argument each of them is. */
  readonly at: readonly number[];
  /** Which argument ends the options: `--`, or the one behind the last. */
  readonly end: number;
  /** The values given for each option, in order; "" for each time that a flag is given. */
  readonly given: ReadonlyMap<OptionName, readonly string[]>;
  /** The options that choose files, in order. */
  readonly rules: readonly GivenRule[];
  readonly help: boolean;
  readonly version: boolean;
  /** Options that are accepted without effect, and old names: each once, in words. */
  readonly remarks: readonly string[];
}

export interface Reading {
  /** `duplicity` takes abbreviations, and options that `doppel` does not have. */
  readonly program: Program;
  /** What is done to values that stock takes for file names. */
  readonly expand?: (value: string) => string;
}

/**
 * Splits arguments as GNU programs do: options anywhere, `--name value`, `--name=value`, `-n value`, `-nvalue`, `--` ends them.
 * An option that needs a value takes the next argument, whatever that looks like (cli spec 2.1).
 * @throws cli.usage for an unknown option, a missing value, and a value given to a flag
 */
export function tokenise(args: readonly string[], { program, expand = (value) => value }: Reading): Tokens {
  const positionals: string[] = [];
  const at: number[] = [];
  let end = args.length;
  const given = new Map<OptionName, string[]>();
  const rules: GivenRule[] = [];
  const asked = new Set<string>();
  const remarks = new Set<string>();
  const rest = [...args];

  function take(spelling: Spelling, rawName: string, attached: string | undefined): void {
    const { means, values } = spelling;
    if (values === 0 && attached !== undefined) throw usage(`${rawName} takes no value`, rawName);
    const taken = attached === undefined ? [] : [attached];
    while (taken.length < values) {
      const next = rest.shift();
      if (next === undefined) throw usage(`${rawName} needs ${values === 1 ? "a value" : "two values"}`, rawName);
      taken.push(next);
    }
    switch (means.kind) {
      case "help":
      case "version":
        asked.add(means.kind);
        return;
      case "rule": {
        const value = means.value ?? taken[0] ?? "";
        rules.push({ rule: means.name, value: EXPANDED_RULES.includes(means.name) ? expand(value) : value });
        if (spelling.text in OLD_RULES) remarks.add(`--${spelling.text} is an old name for --${means.name}`);
        return;
      }
      case "option": {
        const row: Option = OPTIONS[means.name];
        if (row.ignored) remarks.add(`--${means.name} is accepted, without effect`);
        const found = values === 0 ? [""] : row.expand ? taken.map(expand) : taken;
        const names = (row.standsFor as readonly OptionName[] | undefined) ?? [means.name];
        for (const name of names) given.set(name, [...(given.get(name) ?? []), ...found]);
      }
    }
  }

  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const here = args.length - rest.length - 1;
    if (argument === "--") {
      end = here;
      at.push(...rest.map((_, i) => here + 1 + i));
      positionals.push(...rest.splice(0));
    } else if (argument.startsWith("--")) {
      const [, name, attached] = /^--([^=]*)(?:=([^]*))?$/.exec(argument)!;
      const spelling = longOption(name!, program);
      if (spelling === undefined) throw unknownOption(`--${name!}`, program);
      take(spelling, `--${program === "doppel" ? name! : spelling.text}`, attached);
    } else if (argument.startsWith("-") && argument !== "-") takeLetters(argument);
    else {
      at.push(here);
      positionals.push(argument);
    }
  }

  /** `-v9`, `-V`, `-Vv 9`: the first letter with a value takes what is left. */
  function takeLetters(argument: string): void {
    for (let i = 1; i < argument.length; i++) {
      const spelling = spelled(argument[i]!, program);
      if (spelling === undefined) throw unknownOption(`-${argument[i]!}`, program);
      const attached = argument.slice(i + 1);
      take(spelling, `-${spelling.text}`, spelling.values > 0 && attached !== "" ? attached : undefined);
      if (spelling.values > 0) return;
    }
  }

  return { positionals, at, end, given, rules, help: asked.has("help"), version: asked.has("version"), remarks: [...remarks] };
}

function longOption(name: string, program: Program): Spelling | undefined {
  if (name === "") return undefined;
  if (program === "duplicity") return abbreviated(name);
  return name.length > 1 ? spelled(name, program) : undefined;
}

function usage(message: string, option: string): DoppelError<"cli.usage"> {
  return new DoppelError("cli.usage", message, { option });
}
