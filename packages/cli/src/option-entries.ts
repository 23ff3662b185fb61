import { type CommandName, GROUPS, type Option, type Program } from "./option.ts";
import { OLD_RULES, OPTIONS, RULES } from "./options.ts";
import { STOCK_COMMANDS } from "./parse/duplicity.ts";

/** An option as help and manual pages show it. */
export interface OptionEntry {
  /** `-t, --time, --restore-time TIME` */
  readonly usage: string;
  readonly help: string;
}

/** The options that do something in a program, by their headings in order; empty headings are left out. */
export function optionsByGroup(program: Program): ReadonlyMap<string, readonly OptionEntry[]> {
  const groups = new Map<string, OptionEntry[]>(GROUPS.map((group) => [group, []]));
  for (const [name, { metavar, help }] of Object.entries<{ metavar?: string; help: string }>(RULES))
    groups.get("Which files")!.push({ usage: usageOf(name, [], metavar), help });
  for (const [name, row] of rowsOf(program)) {
    if (row.hidden === true || row.ignored === true) continue;
    const { aliases = [], old = [], metavar, defaultText, help, also = [] } = row;
    const usage = usageOf(name, [...aliases, ...old], metavar);
    const fallback = defaultText ? ` (default: ${defaultText})` : "";
    const beside = also.filter(({ group }) => group === row.group);
    const own = [help, ...beside.map((meaning) => meaning.help)].join("; otherwise: ");
    groups.get(row.group)!.push({ usage, help: also.length === 0 ? help + fallback : own });
    for (const { group, help: elsewhere } of also) if (group !== row.group) groups.get(group)!.push({ usage, help: elsewhere });
  }
  return new Map([...groups].filter(([, entries]) => entries.length > 0));
}

/** The options that a program takes and nothing becomes of, and those that are old names, as they are typed. */
export function idleOptions(program: Program): readonly string[] {
  const idle = rowsOf(program).filter(([, { ignored }]) => ignored);
  return idle.map(([name, { metavar }]) => usageOf(name, [], metavar));
}

/** Old names of rules, which only `duplicity` takes. */
export function oldRuleNames(): readonly string[] {
  return Object.entries(OLD_RULES).map(([name, { value }]) => usageOf(name, [], value === undefined ? "FILE" : undefined));
}

/** The rows that a program takes and that mean something to one of its commands. */
function rowsOf(program: Program): readonly (readonly [string, Option])[] {
  const rows = Object.entries<Option>(OPTIONS);
  if (program === "doppel") return rows.filter(([, { only }]) => only !== "duplicity");
  const commands = new Set<CommandName>(Object.values(STOCK_COMMANDS).map(([command]) => command));
  return rows.filter(([, row]) =>
    [...row.commands, ...(row.also ?? []).flatMap((meaning) => meaning.commands)].some((command) => commands.has(command)),
  );
}

function usageOf(name: string, others: readonly string[], metavar: string | undefined): string {
  const letters = others.filter((other) => other.length === 1).map((letter) => `-${letter}`);
  const words = [name, ...others.filter((other) => other.length > 1)].map((word) => `--${word}`);
  return [...letters, ...words].join(", ") + (metavar === undefined ? "" : ` ${metavar}`);
}
