import { type BytePath, DoppelError, pathFromText } from "@doppel/base";
import type { Profile, Profiles } from "@doppel/monitor";
import { COMMANDS } from "../commands.ts";
import type { CommandName } from "../option.ts";
import { commandsOf, RULE_COMMANDS } from "../options.ts";
import { commandOf } from "../parse/doppel.ts";
import type { Tokens } from "../parse/tokens.ts";
import { profileNamed } from "./open-profiles.ts";
import { asArguments, optionsOf, remaining } from "./profile-options.ts";

/** A `@NAME` that stands where a target does. */
interface Place {
  readonly name: string;
  /** Which argument of the line it is, and which positional one of the command. */
  readonly at: number;
  readonly positional: number;
}

/** What a line says of profiles, before any is known. */
export interface Mentions {
  readonly command: CommandName;
  /** It is not on the line: a path and a profile are a backup, a profile and a path a restore. */
  readonly implied: boolean;
  readonly places: readonly Place[];
  /** The profile stands for its source, too. */
  readonly withSource: boolean;
}

/** Commands that can leave their folder to the profile. */
const OF_A_SOURCE: readonly CommandName[] = ["backup", "full", "incremental", "verify"];

/**
 * Where a line names profiles; undefined when it does not, and when it is no line that could be run: the parser says why.
 * @throws cli.usage for a profile without a command
 */
export function mentionsOf(tokens: Tokens): Mentions | undefined {
  const { positionals, at } = tokens;
  if (tokens.help || tokens.version) return undefined;
  const named = commandOf(positionals);
  const command = named?.command ?? impliedBy(positionals);
  if (command === undefined) return undefined;
  const words = named === undefined ? 0 : positionals.length - named.rest.length;
  const rest = positionals.slice(words);
  const withSource = OF_A_SOURCE.includes(command) && rest.length === 1;
  const places = rest.flatMap((word, i) => {
    // `full @web1`: the only argument is the target, wherever that stands otherwise.
    const positional = withSource ? targetOf(command) : i;
    const isTarget = COMMANDS[command].positionals[positional]?.kind === "target";
    return isTarget && isProfile(word) ? [{ name: nameOf(word), at: at[words + i]!, positional }] : [];
  });
  return places.length === 0 ? undefined : { command, implied: named === undefined, places, withSource };
}

/** A line in which profiles are written out: one that somebody could have typed. */
export interface Written {
  readonly args: readonly string[];
  /** The same line for each profile, with the options of that one. */
  readonly targets: readonly { readonly url: BytePath; readonly profile: Profile; readonly args: readonly string[] }[];
}

/** @throws cli.usage for a profile that there is not, or that lacks what the command needs; profiles.bad */
export function writeOut(args: readonly string[], tokens: Tokens, mentions: Mentions, profiles: Profiles): Written {
  const { command, implied, places, withSource } = mentions;
  const found = new Map(places.map(({ at, name }) => [at, profileNamed(profiles, name)]));
  const takesRules = withSource || (RULE_COMMANDS as readonly string[]).includes(command);
  // A profile's rules are about its own source: who names another one names the rules, too.
  const rules =
    takesRules && withSource === OF_A_SOURCE.includes(command)
      ? [...found.values()].flatMap((profile) => profile.rules.map(ruleArgument))
      : [];
  const lineWith = (profile: Profile | undefined): readonly string[] => {
    const given = profile === undefined ? new Map() : optionsOf(profile, profiles);
    const options = asArguments(remaining(given, tokens.given, (name) => commandsOf(name).includes(command)));
    const words = args.flatMap((word, i) => {
      const named = found.get(i);
      const written = named === undefined ? [word] : targetArguments(named, mentions);
      return i === tokens.end ? [...rules, ...written] : written;
    });
    const last = tokens.end === args.length ? rules : [];
    return [...(implied ? [command] : []), ...options, ...words, ...last];
  };
  // With two targets the options of the line are about the first one.
  const main = places.find(({ positional }) => positional === targetOf(command));
  return {
    args: lineWith(main && found.get(main.at)),
    targets: [...found.values()].map((profile) => ({ url: pathFromText(profile.url), profile, args: lineWith(profile) })),
  };
}

/** What `@NAME` becomes. @throws cli.usage */
function targetArguments(profile: Profile, { command, withSource }: Mentions): readonly string[] {
  const url = pathFromText(profile.url);
  if (!withSource && command !== "explain") return [url];
  if (profile.source === undefined) {
    const message = `profile ${profile.name} does not say what is backed up: give it a source, or name the folder`;
    throw new DoppelError("cli.usage", message, {});
  }
  const source = pathFromText(profile.source);
  if (command === "explain") return [source];
  return targetOf(command) === 0 ? [url, source] : [source, url];
}

function targetOf(command: CommandName): number {
  return COMMANDS[command].positionals.findIndex(({ kind }) => kind === "target");
}

function ruleArgument([rule, value]: readonly [string, string?]): string {
  return value === undefined ? `--${rule}` : `--${rule}=${pathFromText(value)}`;
}

function impliedBy(positionals: readonly string[]): CommandName | undefined {
  const [first, second, ...more] = positionals;
  if (first === undefined || more.length > 0) return undefined;
  if (second === undefined) {
    if (!isProfile(first)) return undefined;
    throw new DoppelError("cli.usage", `what is to be done with ${first}? Name the command, as in doppel status ${first}`, {});
  }
  if (isProfile(first) === isProfile(second)) return undefined;
  return isProfile(first) ? "restore" : "backup";
}

function isProfile(word: string): boolean {
  return /^@./.test(word);
}

function nameOf(word: string): string {
  return Buffer.from(word.slice(1), "latin1").toString("utf8");
}
