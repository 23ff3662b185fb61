import type { Command } from "./commands.ts";
import type { CommandName } from "./option.ts";

type SetupCommand = Extract<CommandName, `setup ${string}` | "doctor" | "explain">;

const SERVER = { name: "SERVER", kind: "word", help: "what the server is called: letters, digits, dots and dashes" } as const;
const URL = {
  name: "URL",
  kind: "target",
  help: "where backups are, or go to: s3://BUCKET/SERVER, a folder, or @NAME of a profile",
} as const;

/** Commands that prepare backups and look whether they are prepared well. */
export const SETUP_COMMANDS: Readonly<Record<SetupCommand, Command>> = {
  "setup key": {
    purpose: "Setting up",
    summary: "make a key pair; the server needs the public half",
    positionals: [SERVER],
    examples: [
      ["doppel setup key web1", "on the admin's machine: files for both halves, and a page to print"],
      ["doppel setup key web1 --passphrase-file FILE", "without a terminal: with a passphrase of your own"],
    ],
  },
  "setup bucket": {
    purpose: "Setting up",
    summary: "policies and lifecycle for a server's backups",
    positionals: [URL],
    examples: [
      ["doppel setup bucket s3://BUCKET/web1 --expire-days 90", "shows them, and the commands that apply them"],
      ["doppel setup bucket s3://BUCKET/web1 --expire-days 90 --apply", "applies them, with the credentials of an admin"],
    ],
  },
  "setup server": {
    purpose: "Setting up",
    summary: "all a server needs for nightly backups",
    positionals: [URL],
    examples: [
      [
        "doppel setup server s3://BUCKET/web1 --public-key web1.public.asc",
        "asks what it has to know; exit code 3 until a restore is proven",
      ],
      ["doppel setup server s3://BUCKET/web1 --answers web1.yaml", "asks nothing: what it would ask is in the file"],
      ["doppel setup server s3://BUCKET/web1 --answers web1.yaml --print", "shows all files, writes nothing"],
    ],
  },
  "setup monitor": {
    purpose: "Setting up",
    summary: "the timer that looks after all profiles",
    positionals: [],
    examples: [
      ["doppel setup monitor --print", "shows all files, writes nothing"],
      ["doppel setup monitor", "a timer that looks every quarter of an hour"],
    ],
  },
  doctor: {
    purpose: "Setting up",
    summary: "whether backups are safe here; a line a check",
    positionals: [URL],
    examples: [
      ["doppel doctor @web1", "tries what a thief would; exit code 1: a check failed, 3: warnings"],
      ["doppel doctor --dry-run s3://BUCKET/web1", "the same, and writes nothing"],
    ],
  },
  explain: {
    purpose: "Setting up",
    summary: "whether a path is backed up, and which rule decides",
    positionals: [
      { name: "PATH", kind: "path", help: "the path in question; it need not exist" },
      { name: "SOURCE", kind: "target", help: "the folder that is backed up, or @NAME (default: the only profile's)" },
    ],
    examples: [
      ["doppel explain /var/www/cache @web1", "by the rules of a profile; exit code 1 when it is not backed up"],
      ["doppel explain /etc/shadow / --include-filelist LIST", "by these rules: the line of the list that decides"],
    ],
  },
};
