import { COMMANDS, isCommand, positionalsOf } from "./commands.ts";
import { EXIT_CODES_HELP } from "./exit-codes.ts";
import { type CommandName, GROUPS, type Option } from "./option.ts";
import { OPTIONS, RULE_COMMANDS, RULES } from "./options.ts";

/** The text of `--help`, at most `columns` wide. */
export async function helpText(command: CommandName | undefined, columns: number): Promise<string> {
  const { default: yargs } = await import("yargs");
  // Only the layout of yargs: the same table is read by parse/tokens.ts, which keeps the order of options and their bytes.
  const page = yargs([]).help(false).version(false).wrap(Math.min(columns, 100)).updateStrings({ "Commands:": "Commands" });
  if (command === undefined) overview(page);
  else describe(page, command);
  return `${(await page.getHelp()).trimEnd()}\n`;
}

type Page = ReturnType<typeof import("yargs").default>;

function overview(page: Page): void {
  page.scriptName("doppel").usage("Encrypted backups in duplicity's format: doppel COMMAND [OPTIONS] ARGUMENTS");
  for (const name of Object.keys(COMMANDS).filter(isCommand))
    page.command(`${name} ${positionalsOf(name)}`, COMMANDS[name].summary);
  page.command("help COMMAND", "the options of a command, with examples");
  page.command("--version", "the version of doppel");
  page.epilogue(EXIT_CODES_HELP);
}

function describe(page: Page, name: CommandName): void {
  const { summary, positionals, examples } = COMMANDS[name];
  const described = positionals.map((positional) => `  ${positional.name.padEnd(8)}${positional.help}`).join("\n");
  page.usage(`doppel ${name} [OPTIONS] ${positionalsOf(name)}: ${summary}\n\n${described}`);
  const shown = new Map<string, string[]>(GROUPS.map((group) => [group, []]));
  if ((RULE_COMMANDS as readonly string[]).includes(name)) {
    for (const [rule, row] of Object.entries(RULES)) {
      const key = "metavar" in row ? `${rule} ${row.metavar}` : rule;
      page.option(key, { describe: row.help });
      shown.get("What to back up")?.push(key);
    }
  }
  for (const [option, row] of Object.entries<Option>(OPTIONS)) {
    if (row.hidden === true || !row.commands.includes(name)) continue;
    const key = row.metavar === undefined ? option : `${option} ${row.metavar}`; // yargs prints the key as it is
    const letters = row.aliases?.filter((alias) => alias.length === 1) ?? [];
    const fallback = row.defaultText ? ` (default: ${row.defaultText})` : "";
    page.option(key, { alias: letters, describe: row.help + fallback });
    shown.get(row.group)?.push(key);
  }
  for (const [group, keys] of shown) if (keys.length > 0) page.group(keys, group);
  page.epilogue(
    `Examples\n${examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join("\n")}\n\nExit codes: doppel --help`,
  );
}
