import { type BytePath, DoppelError, displayPath, nearest } from "@doppel/base";
import { WRITE } from "../command-groups.ts";
import type { CommandName } from "../option.ts";
import type { Settings } from "../options.ts";
import { checkPositionals, readSettings, usage } from "./check.ts";
import type { Request } from "./doppel.ts";
import { expansion } from "./expand.ts";
import { impliedCommand } from "./implied.ts";
import { tokenise } from "./tokens.ts";

/** Commands of duplicity with ours, what 3.x calls them for short, and what 0.8 did (cli spec 2.2). */
export const STOCK_COMMANDS: Readonly<Record<string, readonly [command: CommandName, ...aliases: string[]]>> = {
  full: ["full", "fb"],
  incremental: ["incremental", "ib", "incr", "inc"],
  backup: ["backup", "bu"],
  restore: ["restore", "rb"],
  verify: ["verify", "vb"],
  "collection-status": ["status", "st"],
  "list-current-files": ["list", "ls"],
  "remove-older-than": ["remove-older-than", "ro"],
  "remove-all-but-n-full": ["remove-all-but-n-full", "ra"],
  "remove-all-inc-of-but-n-full": ["remove-all-inc-of-but-n-full", "ri"],
  cleanup: ["cleanup", "cl"],
  replicate: ["replicate"],
};
/** Whose beginnings 0.8 takes for them: all that it knew. */
const ABBREVIATED = Object.keys(STOCK_COMMANDS).filter((name) => name !== "backup");
const BY_NAME: ReadonlyMap<string, CommandName> = new Map(
  Object.entries(STOCK_COMMANDS).flatMap(([name, [command, ...aliases]]) =>
    [name, ...aliases].map((word) => [word, command] as const),
  ),
);

/**
 * The command line of `duplicity`, one char per byte: the union of what its generations 0.8 and 3.x take (cli spec 2). Every
 * option may stand beside every command, because scripts pass the same ones to all.
 * @param variables of the environment, for names of files
 * @throws cli.usage; cli.unsupported for what is refused rather than done otherwise than stock
 */
export function parseDuplicity(args: readonly string[], variables: Readonly<Record<string, string | undefined>>): Request {
  const expand = expansion(variables);
  const tokens = tokenise(args, { program: "duplicity", expand });
  if (tokens.version) return { kind: "version" };
  if (tokens.help) return { kind: "help", asked: true };
  const words = tokens.positionals.map((word) => (word.includes("://") ? word : expand(word))) as BytePath[];
  const named = commandNamed(words[0]);
  const command = named ?? impliedBy(words);
  const positionals = named === undefined ? words : words.slice(1);
  checkPositionals(command, positionals, "duplicity");
  const settings = readSettings(tokens.given);
  checkNames(command, settings);
  const { rules, remarks } = tokens;
  return { kind: "run", run: { command, positionals, settings: withoutIdleKeys(settings), rules, remarks } };
}

/** By its name or alias; by a beginning that only one has. @throws cli.usage for one that several have */
function commandNamed(word: string | undefined): CommandName | undefined {
  if (word === undefined || word === "") return undefined;
  const exact = BY_NAME.get(word);
  if (exact !== undefined) return exact;
  const candidates = ABBREVIATED.filter((name) => name.startsWith(word));
  if (candidates.length > 1) {
    const shown = displayPath(word as BytePath);
    throw usage(`command "${shown}" is ambiguous: ${candidates.join(", ")}; a folder of that name is ./${shown}`);
  }
  return BY_NAME.get(candidates[0] ?? "");
}

/** @throws cli.usage */
function impliedBy(words: readonly BytePath[]): CommandName {
  const [first, second, ...more] = words;
  if (first !== undefined && second !== undefined && more.length === 0) return impliedCommand([first, second], "duplicity");
  if (first === undefined) throw usage("expected a command and its arguments, or SOURCE URL or URL TARGET; got none");
  const known = nearest(first, [...BY_NAME.keys()]);
  const hint = known === undefined ? "" : `; did you mean ${known}?`;
  throw usage(
    `unknown command "${displayPath(first)}", and without one there have to be two arguments, not ${words.length}${hint}`,
  );
}

/** Written under today's names, backups would not be where such a command line expects them. */
function checkNames(command: CommandName, settings: Settings): void {
  if (!(WRITE as readonly CommandName[]).includes(command)) return;
  for (const name of ["old-filenames", "short-filenames"] as const) {
    if (!settings[name]) continue;
    const message = `--${name} is not supported for backups: leave it out to write today's names; old ones are still read`;
    throw new DoppelError("cli.unsupported", message, { what: `--${name}` });
  }
}

/** Keys beside --no-encryption mean nothing to duplicity, and its scripts have them there. */
function withoutIdleKeys(settings: Settings): Settings {
  if (!settings["no-encryption"]) return settings;
  return { ...settings, "encrypt-key": [], "hidden-encrypt-key": [], "sign-key": undefined };
}
