import type { BackupJob } from "@doppel/engine";
import {
  flag,
  type Option,
  oneOf,
  optional,
  path,
  prefix,
  repeated,
  text,
  verbosity,
  wholeNumber,
  withDefault,
} from "./option.ts";

const WRITE = ["full"] as const;
const RESTORE = ["restore"] as const;
const AT_A_TIME = ["restore", "list", "recipe"] as const;
const READ = ["restore", "status", "list", "recipe"] as const;
const ALL = ["full", ...READ] as const;

/**
 * Every option there is, except those that choose files (`RULES`): parser, `--help` and the tests are made from these
 * two tables. Order is the order in `--help`.
 */
export const OPTIONS = {
  "null-separator": flag({
    group: "What to back up",
    help: "lines of file lists end with NUL instead of newline",
    commands: WRITE,
    to: "BackupJob.nullSeparator",
  }),
  "copy-links": flag({
    group: "What to back up",
    help: "store what symbolic links point to instead of the links",
    commands: WRITE,
    to: "BackupJob.copyLinks",
  }),

  volsize: withDefault(wholeNumber(1), "200", {
    metavar: "MB",
    group: "Where and how it is stored",
    help: "size of a volume, about",
    commands: WRITE,
    to: "BackupJob.volumeBytes",
  }),
  "no-compression": flag({
    group: "Where and how it is stored",
    help: "do not compress",
    commands: WRITE,
    to: "Envelope",
  }),
  "compress-level": withDefault(wholeNumber(0, 9), "6", {
    metavar: "N",
    group: "Where and how it is stored",
    help: "0 (none) to 9 (smallest, slowest)",
    commands: WRITE,
    to: "BackupJob.compressLevel",
  }),
  "archive-dir": optional(path, {
    metavar: "DIR",
    group: "Where and how it is stored",
    help: "local copies of manifests and signatures, shared with duplicity (default: ~/.cache/duplicity)",
    commands: ALL,
    to: "BackupDeps.archiveDir, ReadDeps.archiveDir",
  }),
  name: optional(path, {
    metavar: "NAME",
    group: "Where and how it is stored",
    help: "this backup's folder in the archive directory (default: MD5 of the URL as typed)",
    commands: ALL,
    to: "BackupDeps.archiveDir, ReadDeps.archiveDir",
  }),
  tempdir: optional(path, {
    metavar: "DIR",
    group: "Where and how it is stored",
    help: "temporary files; nothing unencrypted is written there (default: TMPDIR, TEMP, TMP, /tmp)",
    commands: ALL,
    to: "BackupDeps.tempDir, ReadDeps.tempDir",
  }),
  "file-prefix": withDefault(prefix, "", {
    metavar: "TEXT",
    group: "Where and how it is stored",
    help: "put TEXT before the name of every stored object",
    commands: ALL,
    to: "NamePrefixes.all",
  }),
  "file-prefix-archive": withDefault(prefix, "", {
    metavar: "TEXT",
    group: "Where and how it is stored",
    help: "the same, for volumes only",
    commands: ALL,
    to: "NamePrefixes.archive",
  }),
  "file-prefix-manifest": withDefault(prefix, "", {
    metavar: "TEXT",
    group: "Where and how it is stored",
    help: "the same, for manifests only",
    commands: ALL,
    to: "NamePrefixes.manifest",
  }),
  "file-prefix-signature": withDefault(prefix, "", {
    metavar: "TEXT",
    group: "Where and how it is stored",
    help: "the same, for signatures only",
    commands: ALL,
    to: "NamePrefixes.signature",
  }),

  "encrypt-key": repeated(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "encrypt to this public key: a fingerprint, key id or user id in gpg's keyring, or a file with the key (may be repeated)",
    commands: WRITE,
    to: "Envelope.recipients",
  }),
  "hidden-encrypt-key": repeated(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "the same, without naming the key in the stored files",
    commands: WRITE,
    to: "Envelope.recipients",
  }),
  "sign-key": optional(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "sign everything with this key; when restoring, refuse volumes that it did not sign",
    commands: ["full", "restore"],
    to: "Envelope.signer, ReadDeps.verifier",
  }),
  "no-encryption": flag({
    group: "Encryption",
    help: "store without encryption",
    commands: ALL,
    to: "Envelope, ReadDeps.keys",
  }),
  "secret-key": optional(path, {
    metavar: "FILE",
    group: "Encryption",
    help: "decrypt and sign with the secret key in FILE instead of asking gpg",
    commands: ["full", "restore", "list", "recipe"],
    to: "ReadDeps.keys, Envelope.signer",
  }),
  "passphrase-fd": optional(wholeNumber(0), {
    metavar: "N",
    group: "Encryption",
    help: "read the passphrase from this file descriptor",
    commands: ["full", "restore", "list", "recipe"],
    to: "Passphrases",
  }),
  "passphrase-file": optional(path, {
    metavar: "FILE",
    group: "Encryption",
    help: "read the passphrase from the first line of FILE",
    commands: ["full", "restore", "list", "recipe"],
    to: "Passphrases",
  }),
  "gpg-binary": withDefault(path, "gpg", {
    metavar: "FILE",
    group: "Encryption",
    help: "the gpg program, for secret keys that it keeps",
    commands: ["full", "restore", "list", "recipe"],
    to: "GpgOptions",
  }),
  "use-agent": flag({
    group: "Encryption",
    help: "leave passphrases to gpg's agent, never ask",
    commands: ["full", "restore", "list", "recipe"],
    to: "GpgOptions",
  }),

  time: optional(text, {
    metavar: "TIME",
    aliases: ["t", "restore-time"],
    group: "Restoring",
    help: "the state at that time: 2026-11-22, 2026-11-22T03:00:00+01:00, or an age such as 3D or 2h (default: the latest)",
    commands: AT_A_TIME,
    to: "RestoreJob.time, ListJob.time, RecipeJob.time",
  }),
  force: flag({
    group: "Restoring",
    help: "restore into a folder that has something in it; what has the same name is replaced",
    commands: RESTORE,
    to: "RestoreJob.force",
  }),
  "numeric-owner": flag({
    group: "Restoring",
    help: "set owners by number even where the name is known here",
    commands: RESTORE,
    to: "RestoreJob.numericOwner",
  }),
  "no-restore-ownership": flag({
    aliases: ["do-not-restore-ownership"],
    group: "Restoring",
    help: "everything belongs to whoever restores it",
    commands: RESTORE,
    to: "RestoreJob.restoreOwner",
  }),

  verbosity: withDefault(verbosity, "3", {
    metavar: "N",
    aliases: ["v"],
    group: "Output",
    help: "0 errors, 2 warnings, 3 notices, 5 every file, 9 everything; or error, warning, notice, info, debug",
    commands: ALL,
    to: "Renderer",
  }),
  "log-format": withDefault(oneOf("text", "json"), "text", {
    metavar: "FORMAT",
    group: "Output",
    help: "text, or json: one object per line on standard output",
    commands: ALL,
    to: "Renderer",
  }),
  progress: flag({
    group: "Output",
    help: "show progress even where it goes to a file",
    commands: ["full", "restore"],
    to: "Renderer",
  }),
  "no-progress": flag({
    group: "Output",
    help: "no progress, not even on a terminal",
    commands: ["full", "restore"],
    to: "Renderer",
  }),
  "no-print-statistics": flag({
    group: "Output",
    help: "no block of statistics at the end",
    commands: WRITE,
    to: "Renderer",
  }),
  "current-time": optional(wholeNumber(0), {
    metavar: "SECONDS",
    group: "Other",
    help: "the time of the new backup, in seconds since 1970",
    commands: WRITE,
    to: "Runtime.clock",
    hidden: true,
  }),
} satisfies Record<string, Option>;

type Options = typeof OPTIONS;
export type OptionName = keyof Options;
/** What a command gets: the value of every option, given or not. */
export type Settings = { readonly [Name in OptionName]: ReturnType<Options[Name]["read"]> };

/** An option that chooses files. They form one list, because the first that answers wins. */
export interface Rule {
  /** Absent for a flag. */
  readonly metavar?: string;
  readonly help: string;
}

export const RULES = {
  include: { metavar: "PATTERN", help: "back up what matches; the first rule that matches a path decides" },
  exclude: { metavar: "PATTERN", help: "leave out what matches: * ? [a-z] within a name, ** across folders" },
  "include-filelist": { metavar: "FILE", help: "a list of such patterns, one a line; `- ` before a pattern excludes" },
  "exclude-filelist": { metavar: "FILE", help: "the same; `+ ` before a pattern includes" },
  "include-regexp": { metavar: "REGEXP", help: "back up paths in which the regular expression is found" },
  "exclude-regexp": { metavar: "REGEXP", help: "leave out paths in which the regular expression is found" },
  "exclude-if-present": { metavar: "NAME", help: "leave out every folder that has an entry of this name" },
  "exclude-device-files": { help: "leave out block and character devices" },
  "exclude-other-filesystems": { help: "leave out what is on another file system than SOURCE" },
  "exclude-older-than": { metavar: "TIME", help: "leave out files last changed before TIME" },
} satisfies Record<BackupJob["selection"][number]["option"], Rule>;

export type RuleName = keyof typeof RULES;
/** One use of a rule, with its value as typed (one char per byte; "" for a flag). */
export interface GivenRule {
  readonly rule: RuleName;
  readonly value: string;
}
/** The rules belong to the commands that read the source. */
export const RULE_COMMANDS = WRITE;
