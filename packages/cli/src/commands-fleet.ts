import type { Command } from "./commands.ts";
import type { CommandName } from "./option.ts";

type FleetCommand = Extract<
  CommandName,
  "fetch" | "unlock" | "lock" | "profile import" | "monitor check" | "drill" | "audit" | "runbook" | "completion"
>;

const URL = { name: "URL", kind: "target", help: "where backups are: a URL, a folder, or @NAME of a profile" } as const;

/** Commands of the machine that looks after all servers. */
export const FLEET_COMMANDS: Readonly<Record<FleetCommand, Command>> = {
  fetch: {
    purpose: "Getting back",
    summary: "one path of a backup, as duply calls it",
    positionals: [
      URL,
      { name: "PATH", kind: "path", help: "the path in the backup" },
      { name: "TARGET", kind: "path", help: "where it goes" },
      { name: "TIME", kind: "time", help: "as it was then: a date or time, or an age such as 3D", optional: true },
    ],
    examples: [["doppel fetch @mail etc/passwd ./passwd 3D", "as it was three days ago"]],
  },
  unlock: {
    purpose: "Getting back",
    summary: "keep a passphrase in memory for a while",
    positionals: [URL],
    examples: [["doppel unlock @mail --for 1h", "commands for @mail ask no more until then"]],
  },
  lock: {
    purpose: "Getting back",
    summary: "forget what unlock keeps",
    positionals: [{ ...URL, optional: true }],
    examples: [["doppel lock", "all of it"]],
  },
  "monitor check": {
    purpose: "Watching",
    summary: "look at all profiles, raise alerts; needs no key",
    positionals: [{ name: "NAME", kind: "word", help: "only this profile", optional: true }],
    examples: [
      ["doppel monitor check", "a table; exit code 1 when something is wrong, 3 for warnings only"],
      ["doppel monitor check --nagios web1", "as a Nagios plugin"],
    ],
  },
  audit: {
    purpose: "Watching",
    summary: "hold a target to its receipts; needs no key",
    positionals: [URL],
    examples: [
      ["doppel audit @mail --sample 5%", "sizes of all objects, and the bytes of some"],
      ["doppel audit s3://BUCKET/web1", "exits with 0: as the receipts say, 1: not so, 3: not all can be told"],
    ],
  },
  drill: {
    purpose: "Watching",
    summary: "prove by a test restore that a restore works",
    positionals: [URL],
    examples: [
      ["doppel drill @mail", "with the real key; the monitor shows when that was"],
      ["doppel drill --files 100 --path etc/passwd @mail", "exit code 1 when something is wrong, 3 for warnings"],
    ],
  },
  "profile import": {
    purpose: "Watching",
    summary: "make a profile of one of duply's",
    positionals: [{ name: "NAME", kind: "word", help: "of duply's profile, or its folder" }],
    examples: [["doppel profile import mail", "prints it; --write adds it to the profiles file"]],
  },
  runbook: {
    purpose: "Watching",
    summary: "print how to restore a server in an emergency",
    positionals: [URL],
    examples: [["doppel runbook @mail > mail.md", "to be printed and kept with the key"]],
  },
  completion: {
    purpose: "Setting up",
    summary: "print what makes a shell complete doppel's lines",
    positionals: [{ name: "SHELL", kind: "word", help: "bash, zsh or fish" }],
    examples: [
      ["source <(doppel completion bash)", "in ~/.bashrc"],
      ["doppel completion zsh > /usr/local/share/zsh/site-functions/_doppel", "a folder of $fpath"],
      ["doppel completion fish > ~/.config/fish/completions/doppel.fish", "read by every new fish"],
    ],
  },
};
