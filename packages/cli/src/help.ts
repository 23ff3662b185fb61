import { COMMANDS, isCommand, positionalsOf, PURPOSES } from "./commands.ts";
import { EXIT_CODES_HELP } from "./exit-codes.ts";
import { type CommandName, GROUPS, type Option } from "./option.ts";
import { OPTIONS, type Rule, RULES, rulesOf } from "./options.ts";

/** The text of `--help`, at most `columns` wide. */
export async function helpText(command: CommandName | undefined, columns: number): Promise<string> {
  if (command === undefined) return overview();
  const { default: yargs } = await import("yargs");
  // Only the layout of yargs: the same table is read by parse/tokens.ts, which keeps the order of options and their bytes.
  const page = yargs([]).help(false).version(false).wrap(Math.min(columns, 100));
  describe(page, command);
  return `${(await page.getHelp()).trimEnd()}\n\n${examplesOf(command)}\n\nExit codes: doppel --help\n`;
}

type Page = ReturnType<typeof import("yargs").default>;

/** Where the summaries begin; a longer command has a line of its own. */
const SUMMARY_COLUMN = 29;

/** All commands by their purpose, 80 columns wide. */
function overview(): string {
  const names = Object.keys(COMMANDS).filter(isCommand);
  const groups = PURPOSES.map((purpose) =>
    [purpose, ...names.filter((name) => COMMANDS[name].purpose === purpose).map(summaryLine)].join("\n"),
  );
  const more = aside("doppel help COMMAND", "the options of a command, with examples");
  return `${[USAGE, ...groups, `${more}\n${aside("doppel --version", "")}`, EXIT_CODES_HELP].join("\n\n")}\n`;
}

const USAGE = `Encrypted backups in duplicity's format

${aside("doppel SOURCE URL", "back up what changed since the last time")}
${aside("doppel URL TARGET", "restore the latest backup")}
${aside("doppel COMMAND ARGUMENTS", "anything else; options may stand anywhere")}`;

function summaryLine(name: CommandName): string {
  return aside(`  ${name} ${positionalsOf(name)}`, COMMANDS[name].summary);
}

function aside(line: string, meaning: string): string {
  if (line.length < SUMMARY_COLUMN - 1) return (line.padEnd(SUMMARY_COLUMN) + meaning).trimEnd();
  return `${line}\n${" ".repeat(SUMMARY_COLUMN)}${meaning}`;
}

function describe(page: Page, name: CommandName): void {
  const { summary, positionals, aliases = [] } = COMMANDS[name];
  const described = positionals.map((positional) => `  ${positional.name.padEnd(9)}${positional.help}`).join("\n");
  const also = aliases.map((alias) => `; also called ${alias}`).join("");
  const usage = `doppel ${name} [OPTIONS] ${positionalsOf(name)}`.trimEnd();
  page.usage([`${usage}\n${summary}${also}`, ...(described === "" ? [] : [described])].join("\n\n"));
  const shown = new Map<string, string[]>(GROUPS.map((group) => [group, []]));
  for (const rule of rulesOf(name)) {
    const row: Rule = RULES[rule];
    const key = row.metavar === undefined ? rule : `${rule} ${row.metavar}`;
    page.option(key, { describe: row.help });
    shown.get("Which files")?.push(key);
  }
  for (const [option, row] of Object.entries<Option>(OPTIONS)) {
    const also = row.also?.find(({ commands }) => commands.includes(name));
    if (row.hidden === true || row.ignored === true || row.only === "duplicity") continue;
    if (!(also?.commands ?? row.shownFor ?? row.commands).includes(name)) continue;
    const { group, help } = also ?? row;
    const key = row.metavar === undefined ? option : `${option} ${row.metavar}`; // yargs prints the key as it is
    const letters = row.aliases?.filter((alias) => alias.length === 1) ?? [];
    const fallback = row.defaultText ? ` (default: ${row.defaultText})` : "";
    page.option(key, { alias: letters, describe: help + fallback });
    shown.get(group)?.push(key);
  }
  for (const [group, keys] of shown) if (keys.length > 0) page.group(keys, group);
}

/** Not laid out by yargs, which would wrap a command in its middle. */
function examplesOf(name: CommandName): string {
  return ["Examples", ...COMMANDS[name].examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`)].join("\n");
}
