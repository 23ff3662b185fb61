import { FLEET_COMMANDS } from "./commands-fleet.ts";
import { SETUP_COMMANDS } from "./commands-setup.ts";
import type { CommandName } from "./option.ts";

/** The headings under which `--help` lists the commands. */
export const PURPOSES = ["Backing up", "Getting back", "Looking", "Tidying", "Setting up", "Watching"] as const;

/**
 * What a positional argument is: a local path, a backup target (a URL, a plain path, or @NAME of a profile), a time expression, a
 * count above 0, a pattern of paths in the backup, or a word that means something to the command.
 */
type PositionalKind = "path" | "target" | "time" | "count" | "pattern" | "word";

interface Positional {
  readonly name: string;
  readonly kind: PositionalKind;
  readonly help: string;
  /** It may be left out, and so may all behind it. */
  readonly optional?: true;
}

export interface Command {
  readonly purpose: (typeof PURPOSES)[number];
  readonly summary: string;
  /** What duplicity calls it. */
  readonly aliases?: readonly string[];
  readonly positionals: readonly Positional[];
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

const SOURCE: Positional = { name: "SOURCE", kind: "path", help: "the folder (or file) to back up" };
const URL: Positional = {
  name: "URL",
  kind: "target",
  help: "where backups are: a folder (a plain path or file:///abs/dir), or s3://BUCKET/PREFIX",
};
const TARGET: Positional = { name: "TARGET", kind: "path", help: "the folder to restore into; created when missing" };
const COUNT: Positional = { name: "N", kind: "count", help: "how many full backups to keep as they are, the newest ones" };

/** Every command of `doppel`, in the order of `--help`. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  backup: {
    purpose: "Backing up",
    summary: "what changed since the last backup; at first, all",
    positionals: [SOURCE, URL],
    examples: [
      ["doppel /home file:///backup/home", "the same without the word: a path and a URL are a backup"],
      ["doppel backup --full-if-older-than 1M --encrypt-key my.pub /home /mnt/b", "nightly, and a full one every month"],
    ],
  },
  full: {
    purpose: "Backing up",
    summary: "a folder completely, beginning a new chain",
    positionals: [SOURCE, URL],
    examples: [
      ["doppel full --encrypt-key backup.pub /etc file:///backup/etc", "with a public key from a file: no gpg, no passphrase"],
      ["doppel full --encrypt-key A1B2C3D4E5F60718 --include-filelist list / /mnt/b", "folders from a list that ends in `- /`"],
      ["PASSPHRASE=... doppel full /home /mnt/backup", "with a passphrase"],
      ["doppel full --no-encryption /srv /mnt/backup", "readable by everybody who gets at it"],
    ],
  },
  incremental: {
    purpose: "Backing up",
    summary: "only what changed; fails without a chain",
    positionals: [SOURCE, URL],
    examples: [
      [
        "doppel incremental --encrypt-key backup.pub /etc file:///backup/etc",
        "needs no secret key as long as the archive directory is there",
      ],
    ],
  },
  replicate: {
    purpose: "Backing up",
    summary: "copy backups to another place, and check them",
    positionals: [
      { ...URL, name: "SRC_URL", help: "where the backups are" },
      { ...URL, name: "TGT_URL", help: "where they go too; what is there already, by name and size, is not copied again" },
    ],
    examples: [
      ["doppel replicate file:///backup/etc file:///mnt/second/etc", "stopped? the next run goes on from there"],
      ["doppel replicate --verify file:///backup/etc file:///mnt/second/etc", "and reads all that earlier runs copied"],
    ],
  },

  restore: {
    purpose: "Getting back",
    summary: "bring a backup back, of any time, or one path of it",
    positionals: [URL, TARGET],
    examples: [
      ["doppel restore file:///backup/etc /tmp/etc", "the latest state; gpg is asked for the secret key"],
      ["doppel restore --secret-key backup.key -t 3D /mnt/backup /tmp/home", "as it was three days ago, with a key file"],
      ["doppel restore -r ada/thesis.odt file:///backup/home thesis.odt", "one file; only the volumes that hold it are read"],
    ],
  },
  verify: {
    purpose: "Getting back",
    summary: "check a backup by reading it all; compare with DIR",
    positionals: [URL, { ...TARGET, name: "DIR", help: "the folder to compare with; with -r, what PATH is to be compared with" }],
    examples: [
      ["doppel verify file:///backup/etc /etc", "every volume is read, decrypted and checked"],
      ["doppel verify --compare-data -t 1D file:///backup/etc /etc", "and what differs from /etc is listed; exit code 1 then"],
    ],
  },
  check: {
    purpose: "Getting back",
    summary: "check all backups, of any age; nothing is restored",
    positionals: [URL],
    examples: [
      ["doppel check @mail", "hashes of all volumes, and all metadata; stopped? it goes on"],
      ["doppel check --sample 5% @mail", "some of the objects each time; verify opens what is in them, too"],
      ["doppel check --without-key file:///backup/etc", "from outside, by receipts where there are; audit proves these"],
      ["doppel check s3://BUCKET/web1", "exits with 0: sound, 3: warnings only, 21: something is damaged"],
    ],
  },
  recipe: {
    purpose: "Getting back",
    summary: "print how to restore it with gpg and tar alone",
    positionals: [URL],
    examples: [["doppel recipe file:///backup/etc > restore.sh", "keep it with the key"]],
  },

  status: {
    purpose: "Looking",
    summary: "which backups there are, and if they are complete",
    aliases: ["collection-status"],
    positionals: [URL],
    examples: [
      ["doppel status file:///backup/etc", "needs neither key nor passphrase"],
      ["doppel status --show-changes-in-set 0 file:///backup/etc", "the files that the last backup brought or took away"],
      ["doppel status --file-changed nginx/nginx.conf file:///backup/etc", "the backups of the last chain in which it changed"],
    ],
  },
  list: {
    purpose: "Looking",
    summary: "the files in a backup",
    aliases: ["list-current-files"],
    positionals: [URL],
    examples: [
      ["doppel list -t 2026-11-22 file:///backup/etc", "those of the last backup before that day began"],
      ["doppel list -r nginx --json file:///backup/etc", "one folder, for a program"],
    ],
  },
  find: {
    purpose: "Looking",
    summary: "in which backups a file is, with date and size",
    positionals: [
      {
        name: "PATTERN",
        kind: "pattern",
        help: "a path with all below it, or * ? [a-z] in a name, ** across folders",
      },
      URL,
    ],
    examples: [
      ["doppel find ada/thesis.odt file:///backup/home", "every version of it"],
      ["doppel find '**.odt' file:///backup/home", "wherever they are"],
    ],
  },
  diff: {
    purpose: "Looking",
    summary: "what changed between two points in time",
    positionals: [
      URL,
      { name: "TIME1", kind: "time", help: "the older state: a date or time, or an age such as 7D" },
      { name: "TIME2", kind: "time", help: "the newer one; now is the latest" },
    ],
    examples: [["doppel diff file:///backup/etc 7D now", "in the last week; no volume is read"]],
  },

  "remove-older-than": {
    purpose: "Tidying",
    summary: "delete the chains that ended before a time",
    positionals: [{ name: "TIME", kind: "time", help: "a date or time such as 2026-11-22, or an age such as 6M" }, URL],
    examples: [
      ["doppel remove-older-than 6M file:///backup/etc", "shows what would be deleted, and what stays and why"],
      ["doppel remove-older-than 6M --force file:///backup/etc", "deletes it"],
    ],
  },
  "remove-all-but-n-full": {
    purpose: "Tidying",
    summary: "delete the chains before the last N full backups",
    positionals: [COUNT, URL],
    examples: [["doppel remove-all-but-n-full 3 --force file:///backup/etc", "keeps three chains"]],
  },
  "remove-all-inc-of-but-n-full": {
    purpose: "Tidying",
    summary: "delete increments before the last N full backups",
    positionals: [COUNT, URL],
    examples: [["doppel remove-all-inc-of-but-n-full 2 --force file:///backup/etc", "increments of the last two chains stay"]],
  },
  prune: {
    purpose: "Tidying",
    summary: "keep chains by days, weeks, months and years",
    positionals: [URL],
    examples: [
      ["doppel prune --keep-daily 7 --keep-monthly 12 file:///backup/etc", "shows what stays for which day and month"],
      ["doppel prune --keep-monthly 12 --keep-yearly 10 --force file:///backup/etc", "deletes the rest"],
    ],
  },
  cleanup: {
    purpose: "Tidying",
    summary: "delete what interrupted runs left, and orphans",
    positionals: [URL],
    examples: [["doppel cleanup --force file:///backup/etc", "no backup that can be restored is touched"]],
  },
  ...SETUP_COMMANDS,
  ...FLEET_COMMANDS,
};

/** `SOURCE URL`, `URL PATH [TIME]`. */
export function positionalsOf(command: CommandName): string {
  return COMMANDS[command].positionals.map(({ name, optional }) => (optional ? `[${name}]` : name)).join(" ");
}

/** The command that a word names, by its own name or by duplicity's. */
export function commandNamed(word: string): CommandName | undefined {
  return NAMES.get(word);
}

/** All words that name a command. */
export function commandNames(): readonly string[] {
  return [...NAMES.keys()];
}

const NAMES: ReadonlyMap<string, CommandName> = new Map(
  Object.entries<Command>(COMMANDS).flatMap(([name, { aliases = [] }]) =>
    [name, ...aliases].map((word) => [word, name as CommandName] as const),
  ),
);

/** The commands of two words that begin with this one. */
export function commandsBeginning(word: string): readonly string[] {
  return [...NAMES.keys()].filter((name) => name.startsWith(`${word} `));
}

export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}
