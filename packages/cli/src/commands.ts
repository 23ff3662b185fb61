import type { CommandName } from "./option.ts";

/** What a positional argument is: a local path, a backup target, or the name of a command. */
interface Positional {
  readonly name: string;
  readonly kind: "path" | "target";
  readonly help: string;
}

export interface Command {
  readonly summary: string;
  readonly positionals: readonly Positional[];
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

const SOURCE: Positional = { name: "SOURCE", kind: "path", help: "the folder (or file) to back up" };
const URL: Positional = {
  name: "URL",
  kind: "target",
  help: "where backups are stored: file:///abs/dir, file://rel/dir or a plain path",
};
const TARGET: Positional = { name: "TARGET", kind: "path", help: "the folder to restore into; created when missing" };

/** Every command of `doppel`, in the order of `--help`. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  full: {
    summary: "back up a folder completely",
    positionals: [SOURCE, URL],
    examples: [
      ["doppel full --encrypt-key backup.pub /etc file:///backup/etc", "with a public key from a file: no gpg, no passphrase"],
      [
        "doppel full --encrypt-key A1B2C3D4E5F60718 --include-filelist targets / /mnt/backup",
        "folders from a list that ends in `- /`",
      ],
      ["PASSPHRASE=... doppel full /home /mnt/backup", "with a passphrase"],
      ["doppel full --no-encryption /srv /mnt/backup", "readable by everybody who gets at it"],
    ],
  },
  restore: {
    summary: "bring a backup back",
    positionals: [URL, TARGET],
    examples: [
      ["doppel restore file:///backup/etc /tmp/etc", "the latest state; gpg is asked for the secret key"],
      ["doppel restore --secret-key backup.key -t 3D /mnt/backup /tmp/home", "as it was three days ago, with a key file"],
    ],
  },
  status: {
    summary: "which backups there are, and whether they are complete",
    positionals: [URL],
    examples: [["doppel status file:///backup/etc", "needs neither key nor passphrase"]],
  },
  list: {
    summary: "the files in a backup",
    positionals: [URL],
    examples: [["doppel list -t 2026-11-22 file:///backup/etc", "those of the last backup before that day began"]],
  },
  recipe: {
    summary: "print the commands that restore it with gpg and tar alone",
    positionals: [URL],
    examples: [["doppel recipe file:///backup/etc > restore.sh", "keep it with the key"]],
  },
};

/** `SOURCE URL`. */
export function positionalsOf(command: CommandName): string {
  return COMMANDS[command].positionals.map(({ name }) => name).join(" ");
}

export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}
