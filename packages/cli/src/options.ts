import type { BackupJob } from "@doppel/engine";
import {
  ALL,
  AT_A_TIME,
  COMPARE,
  CONTINUE,
  DELETE,
  OF_A_PATH,
  READ,
  RESTORE,
  WITH_KEYS,
  WITH_PROGRESS,
  WRITE,
} from "./command-groups.ts";
import {
  type CommandName,
  flag,
  folderName,
  innerPath,
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
import { S3_OPTIONS } from "./options-s3.ts";

/**
 * Every option there is, except those that choose files (`RULES`): parser, `--help` and the tests are made from these
 * two tables. Order is the order in `--help`.
 */
export const OPTIONS = {
  "null-separator": flag({
    group: "Which files",
    help: "lines of file lists end with NUL instead of newline",
    commands: [...WRITE, ...COMPARE],
    to: "BackupJob.nullSeparator, VerifyJob.nullSeparator",
  }),
  "copy-links": flag({
    group: "Which files",
    help: "follow symbolic links: what they point to counts instead of the links",
    commands: [...WRITE, ...COMPARE],
    to: "BackupJob.copyLinks, VerifyJob.copyLinks",
  }),
  "full-if-older-than": optional(text, {
    metavar: "TIME",
    group: "Where and how it is stored",
    help: "make a full backup when the last one is older: an age such as 1M, or a date",
    commands: CONTINUE,
    to: "BackupJob.fullIfOlderThan",
  }),
  "allow-source-mismatch": flag({
    group: "Where and how it is stored",
    help: "continue a chain that another host or another folder began",
    commands: CONTINUE,
    to: "BackupJob.allowSourceMismatch",
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
    commands: ALL, // stock needs it to read such a backup
    shownFor: WRITE,
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
  name: optional(folderName, {
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
    commands: ALL, // people copy them from one command line to the next
    shownFor: WRITE,
    to: "Envelope.recipients",
  }),
  "hidden-encrypt-key": repeated(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "the same, without naming the key in the stored files",
    commands: ALL,
    shownFor: WRITE,
    to: "Envelope.recipients",
  }),
  "sign-key": optional(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "sign everything with this key; when reading, refuse volumes that it did not sign",
    commands: [...WRITE, "restore", "verify"],
    to: "Envelope.signer, ReadDeps.verifier",
  }),
  "no-encryption": flag({
    group: "Encryption",
    help: "store without encryption",
    commands: WRITE,
    also: {
      group: "Encryption",
      help: "the backup is not encrypted: never ask for a key",
      commands: ["replicate", ...READ],
    },
    to: "Envelope, ReadDeps.keys",
  }),
  "secret-key": optional(path, {
    metavar: "FILE",
    group: "Encryption",
    help: "decrypt and sign with the secret key in FILE instead of asking gpg",
    commands: WITH_KEYS,
    to: "ReadDeps.keys, Envelope.signer",
  }),
  "passphrase-fd": optional(wholeNumber(0), {
    metavar: "N",
    group: "Encryption",
    help: "read the passphrase from this file descriptor",
    commands: WITH_KEYS,
    to: "Passphrases",
  }),
  "passphrase-file": optional(path, {
    metavar: "FILE",
    group: "Encryption",
    help: "read the passphrase from the first line of FILE",
    commands: WITH_KEYS,
    to: "Passphrases",
  }),
  "gpg-binary": withDefault(path, "gpg", {
    metavar: "FILE",
    group: "Encryption",
    help: "the gpg program, for secret keys that it keeps",
    commands: WITH_KEYS,
    to: "GpgOptions",
  }),
  "use-agent": flag({
    group: "Encryption",
    help: "leave passphrases to gpg's agent, never ask",
    commands: WITH_KEYS,
    to: "GpgOptions",
  }),

  time: optional(text, {
    metavar: "TIME",
    aliases: ["t", "restore-time"],
    group: "Restoring",
    help: "the state at that time: 2026-11-22, 2026-11-22T03:00:00+01:00, or an age such as 3D or 2h (default: the latest)",
    commands: AT_A_TIME,
    to: "RestoreJob.time, VerifyJob.time, ListStateJob.time, RecipeJob.time",
  }),
  "path-to-restore": optional(innerPath, {
    metavar: "PATH",
    aliases: ["r", "file-to-restore"],
    group: "Restoring",
    help: "only this path of the backup, with all below it",
    commands: OF_A_PATH,
    to: "RestoreJob.path, VerifyJob.path, ListStateJob.path, DiffJob.path",
  }),
  force: flag({
    group: "Restoring",
    help: "restore into a folder that has something in it; what has the same name is replaced",
    commands: RESTORE,
    also: { group: "Deleting", help: "delete; without it only the plan is shown", commands: DELETE },
    to: "RestoreJob.force, RetainJob.force, CleanupJob.force",
  }),
  "numeric-owner": flag({
    group: "Restoring",
    help: "go by the numbers of owners even where their names are known here",
    commands: [...RESTORE, ...COMPARE],
    to: "RestoreJob.numericOwner, VerifyJob.numericOwner",
  }),
  "no-restore-ownership": flag({
    aliases: ["do-not-restore-ownership"],
    group: "Restoring",
    help: "everything belongs to whoever restores it; without root it does anyway, which one notice says",
    commands: RESTORE,
    to: "RestoreJob.restoreOwner",
  }),
  "no-index": flag({
    group: "Restoring",
    help: "with --path-to-restore: read and check whole volumes, even where an index tells which parts will do",
    commands: RESTORE,
    to: "RestoreJob.useIndex",
  }),
  "keep-going": flag({
    group: "Restoring",
    help: "pass over missing and damaged volumes: restore all that does not need them, name what is lost, and exit 3",
    commands: RESTORE,
    to: "RestoreJob.keepGoing",
  }),
  "compare-data": flag({
    group: "Reading a backup",
    help: "compare with the files in DIR, and exit 1 when something differs",
    commands: COMPARE,
    to: "VerifyJob.compareData",
  }),
  "show-changes-in-set": optional(wholeNumber(0), {
    metavar: "N",
    group: "Reading a backup",
    help: "the files that one backup of the newest chain changed: 0 is the last backup, 1 the one before",
    commands: ["status"],
    to: "ChangesInSetJob.index",
  }),
  "file-changed": optional(innerPath, {
    metavar: "PATH",
    group: "Reading a backup",
    help: "in which backups of the newest chain this file changed",
    commands: ["status"],
    to: "FileChangedJob.path",
  }),
  since: optional(text, {
    metavar: "TIME",
    group: "Reading a backup",
    help: "only chains that reach to this time or beyond, each of them whole",
    commands: ["replicate"],
    to: "ReplicateJob.since",
  }),
  verify: flag({
    group: "Reading a backup",
    help: "also read what is already there, and compare it with the manifests' checksums or with what it is a copy of",
    commands: ["replicate"],
    to: "ReplicateJob.verify",
  }),

  ...S3_OPTIONS,

  "keep-daily": keep("days"),
  "keep-weekly": keep("weeks"),
  "keep-monthly": keep("months"),
  "keep-yearly": keep("years"),
  "even-recent": flag({
    group: "Deleting",
    help: "also what was stored less than a day ago: only when surely no backup is running",
    commands: ["cleanup"],
    to: "CleanupJob.minimumAgeMs",
  }),
  "dry-run": flag({
    group: "Deleting",
    help: "only show the plan, also beside --force",
    commands: DELETE,
    also: {
      group: "Other",
      help: "read everything, store and write nothing",
      commands: [...WRITE, ...RESTORE],
    },
    to: "RetainJob.force, CleanupJob.force, BackupJob.dryRun, RestoreJob.dryRun",
  }),
  "skip-if-no-change": flag({
    group: "Where and how it is stored",
    help: "store no increment when nothing has changed",
    commands: CONTINUE,
    to: "BackupJob.skipIfUnchanged",
  }),
  "no-files-changed": flag({
    group: "Where and how it is stored",
    help: "do not list changed files in the manifest; status --file-changed finds nothing then",
    commands: WRITE,
    to: "BackupJob.listChanges",
  }),
  "max-blocksize": withDefault(wholeNumber(512), "2048", {
    metavar: "BYTES",
    group: "Where and how it is stored",
    help: "largest block that increments of large files are made of",
    commands: WRITE,
    to: "BackupJob.maxBlockBytes",
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
  json: flag({
    group: "Output",
    help: "the same as --log-format json",
    commands: ALL,
    to: "Renderer",
  }),
  "log-fd": optional(wholeNumber(1), {
    metavar: "N",
    group: "Output",
    help: "also write every message to this file descriptor, numbered, for programs",
    commands: ALL,
    to: "Renderer",
  }),
  "log-file": optional(path, {
    metavar: "FILE",
    group: "Output",
    help: "append the same to FILE",
    commands: ALL,
    to: "Renderer",
  }),
  "log-timestamp": flag({
    group: "Output",
    help: "begin every message with its time and level",
    commands: ALL,
    to: "Renderer",
  }),
  "progress-rate": withDefault(wholeNumber(1), "3", {
    metavar: "SECONDS",
    group: "Output",
    help: "time between two lines of progress",
    commands: WITH_PROGRESS,
    to: "Renderer",
  }),
  progress: flag({
    group: "Output",
    help: "show progress even where it goes to a file",
    commands: WITH_PROGRESS,
    to: "Renderer",
  }),
  "no-progress": flag({
    group: "Output",
    help: "no progress, not even on a terminal",
    commands: WITH_PROGRESS,
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
  "fail-on-volume": optional(wholeNumber(1), {
    metavar: "N",
    group: "Other",
    help: "end with an error after volume N was stored, for tests",
    commands: WRITE,
    to: "BackupJob.sabotage",
    hidden: true,
  }),
  "skip-volume": optional(wholeNumber(1), {
    metavar: "N",
    group: "Other",
    help: "do not store volume N, for tests",
    commands: WRITE,
    to: "BackupJob.sabotage",
    hidden: true,
  }),
} satisfies Record<string, Option>;

function keep(periods: string): Option<number | undefined> {
  return optional(wholeNumber(1), {
    metavar: "N",
    group: "Deleting",
    help: `keep the newest chain of each of the last N ${periods} that have one`,
    commands: ["prune"],
    to: "KeepPolicy",
  });
}

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
  include: { metavar: "PATTERN", help: "take what matches; the first rule that matches a path decides" },
  exclude: { metavar: "PATTERN", help: "leave out what matches: * ? [a-z] within a name, ** across folders" },
  "include-filelist": { metavar: "FILE", help: "a list of such patterns, one a line; `- ` before a pattern excludes" },
  "exclude-filelist": { metavar: "FILE", help: "the same; `+ ` before a pattern includes" },
  "include-regexp": { metavar: "REGEXP", help: "take paths in which the regular expression is found" },
  "exclude-regexp": { metavar: "REGEXP", help: "leave out paths in which the regular expression is found" },
  "files-from": { metavar: "FILE", help: "back up only the paths in this list, one a line, relative to SOURCE" },
  "filter-globbing": { help: "what follows of --include, --exclude and file lists are patterns (the default)" },
  "filter-literal": { help: "what follows of them are paths, in which no character is special" },
  "filter-regexp": { help: "what follows of them are regular expressions" },
  "filter-ignorecase": { help: "from here on A and a are the same" },
  "filter-strictcase": { help: "from here on they are not (the default)" },
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
export const RULE_COMMANDS = [...WRITE, ...COMPARE] as const;

/** Every command that an option means something to. */
export function commandsOf(name: OptionName): readonly CommandName[] {
  const { commands, also }: Option = OPTIONS[name];
  return also === undefined ? commands : [...commands, ...also.commands];
}
