import { type BytePath, DoppelError, displayPath } from "@doppel/base";
import type { CommandName } from "../option.ts";
import { checked, type Request } from "./doppel.ts";
import { impliedCommand } from "./implied.ts";
import { tokenise } from "./tokens.ts";

/** Commands of stock duplicity, by all their names (cli spec 2.2); undefined: not yet, or not with stock's exact output. */
const STOCK: Readonly<Record<string, CommandName | undefined>> = {
  ...named("full", "full", "fb"),
  ...named("incremental", "incremental", "incr", "inc", "ib"),
  ...named("backup", "backup", "bu"),
  ...named("restore", "restore", "rb"),
  ...named("verify", "verify", "vb"),
  ...named("status", "collection-status", "st"),
  ...named("list", "list-current-files", "ls"),
  ...named("cleanup", "cleanup", "cl"),
  ...named("remove-older-than", "remove-older-than", "ro"),
  ...named("remove-all-but-n-full", "remove-all-but-n-full", "ra"),
  ...named("remove-all-inc-of-but-n-full", "remove-all-inc-of-but-n-full", "ri"),
  ...named(undefined, "replicate"),
};

/**
 * The command line of `duplicity`, one char per byte. So far only what doppel's own commands do that mean the same.
 * @throws cli.usage; cli.unsupported for what stock can do and this cannot
 */
export function parseDuplicity(args: readonly string[]): Request {
  const tokens = tokenise(args);
  if (tokens.version) return { kind: "version" };
  if (tokens.help) return { kind: "help", asked: true };
  const positionals = tokens.positionals as BytePath[];
  const [word, second, ...more] = positionals;
  if (word === undefined) throw new DoppelError("cli.usage", "expected a command and its arguments, see duplicity --help", {});
  const isNamed = Object.hasOwn(STOCK, word);
  if (!isNamed && second !== undefined && more.length === 0) {
    const command = impliedCommand([word, second], "duplicity");
    return { kind: "run", run: { command, ...checked(command, positionals, tokens, "duplicity") } };
  }
  const command = STOCK[word];
  if (!isNamed || command === undefined) {
    const message = `doppel's duplicity cannot do "${displayPath(word)}" yet, only full, incremental, backup, restore and verify; use stock duplicity`;
    throw new DoppelError("cli.unsupported", message, { what: displayPath(word) });
  }
  return { kind: "run", run: { command, ...checked(command, positionals.slice(1), tokens, "duplicity") } };
}

function named(command: CommandName | undefined, ...names: readonly string[]): Record<string, CommandName | undefined> {
  return Object.fromEntries(names.map((name) => [name, command]));
}
