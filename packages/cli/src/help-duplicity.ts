import { COMMANDS, positionalsOf } from "./commands.ts";
import { idleOptions, oldRuleNames, optionsByGroup } from "./option-entries.ts";
import { STOCK_COMMANDS } from "./parse/duplicity.ts";

/** Where meanings begin. */
const COLUMN = 30;

/** The text of `duplicity --help`, at most `columns` wide. */
export function duplicityHelp(columns: number): string {
  const width = Math.max(60, Math.min(columns, 100));
  const commands = Object.entries(STOCK_COMMANDS).map(([name, [command, ...aliases]]) => {
    const also = aliases.length === 0 ? "" : ` (${aliases.join(", ")})`;
    return entry(`${name} ${positionalsOf(command)}`, COMMANDS[command].summary + also, width);
  });
  const options = [...optionsByGroup("duplicity")].map(([group, entries]) =>
    [group, ...entries.map(({ usage, help }) => entry(usage, help, width))].join("\n"),
  );
  const indented = (text: string): string =>
    wrapped(text, width - 2)
      .map((line) => `  ${line}`)
      .join("\n");
  return `${[
    USAGE,
    wrapped(ABOUT, width).join("\n"),
    ["Commands", ...commands].join("\n"),
    ...options,
    `Accepted, without effect (-v5 tells)\n${indented(idleOptions("duplicity").join(", "))}`,
    `Old names\n${indented(oldRuleNames().join(", "))}`,
    `Exit codes\n${indented(EXIT_CODES)}`,
  ].join("\n\n")}\n`;
}

const USAGE = `duplicity [COMMAND] [OPTIONS] ARGUMENTS
duplicity [OPTIONS] SOURCE URL     backup
duplicity [OPTIONS] URL TARGET     restore
duplicity --version | --help`;

const ABOUT =
  "This is doppel in the place of duplicity: it takes the command lines of duplicity 0.8 and 3.x, and reads and writes its format. " +
  "Options may stand anywhere, be abbreviated, and be given to any command. doppel --help shows what it can do beside that; " +
  "man duplicity tells more.";

const EXIT_CODES =
  "0 done, 1 verify found differences, 11 restore target not empty, 19 path not in the backup, 21 backup damaged, " +
  "23 wrong command line or URL or another run, 31 gpg or key or passphrase, 50 to 53 storage; all of them: man duplicity";

function entry(usage: string, help: string, width: number): string {
  const [first = "", ...more] = wrapped(help, width - COLUMN);
  const indent = " ".repeat(COLUMN);
  const fits = usage.length < COLUMN - 3;
  const head = fits ? `  ${usage}`.padEnd(COLUMN) + first : `  ${usage}\n${indent}${first}`;
  return [head, ...more.map((line) => indent + line)].join("\n");
}

/** Broken between words. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
