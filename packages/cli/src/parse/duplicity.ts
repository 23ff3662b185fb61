import { type BytePath, DoppelError, displayPath } from "@doppel/base";
import { checked, type Request } from "./doppel.ts";
import { tokenise } from "./tokens.ts";

/** Commands of stock duplicity that mean the same here. */
const SAME = { full: "full", fb: "full", restore: "restore", rb: "restore" } as const;

/**
 * The command line of `duplicity`, one char per byte. So far only what the doppel commands of the same names do.
 * @throws cli.usage; cli.unsupported for what stock can do and this cannot
 */
export function parseDuplicity(args: readonly string[]): Request {
  const tokens = tokenise(args);
  if (tokens.version) return { kind: "version" };
  if (tokens.help) return { kind: "help" };
  const [word, ...rest] = tokens.positionals as BytePath[];
  if (word === undefined) throw new DoppelError("cli.usage", "expected a command and its arguments, see duplicity --help", {});
  if (!Object.hasOwn(SAME, word)) {
    const message = `doppel's duplicity cannot do "${displayPath(word)}" yet, only full SOURCE URL and restore URL TARGET; use stock duplicity`;
    throw new DoppelError("cli.unsupported", message, { what: displayPath(word) });
  }
  const command = SAME[word as keyof typeof SAME];
  return { kind: "run", run: { command, ...checked(command, rest, tokens, "duplicity") } };
}
