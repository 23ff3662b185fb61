import { AT_A_TIME, COMPARE, DELETE, OF_A_PATH, RESTORE, WRITE } from "./command-groups.ts";
import { flag, innerPath, type Option, optional, pairs, text, wholeNumber } from "./option.ts";

/** Restoring, looking, deleting. */
export const READING_OPTIONS = {
  time: optional(text, {
    metavar: "TIME",
    aliases: ["t", "restore-time"],
    group: "Restoring",
    help: "the state at that time: 2026-11-22, 2026-11-22T03:00:00+01:00, or an age such as 3D or 2h (default: the latest)",
    commands: AT_A_TIME,
    to: "RestoreJob.time, VerifyJob.time, ListStateJob.time, RecipeJob.time",
  }),
  "path-to-restore": optional(innerPath, {
    expand: true,
    metavar: "PATH",
    aliases: ["r"],
    old: ["file-to-restore"],
    group: "Restoring",
    help: "only this path of the backup, with all below it",
    commands: OF_A_PATH,
    to: "RestoreJob.path, VerifyJob.path, ListStateJob.path, DiffJob.path",
  }),
  force: flag({
    group: "Restoring",
    help: "restore into a folder that has something in it; what has the same name is replaced",
    commands: RESTORE,
    also: [
      {
        group: "Deleting",
        help: "delete; without it only the plan is shown (setup server: replace files that differ; setup bucket: --apply to a whole bucket)",
        commands: [...DELETE, "setup server", "setup bucket"],
      },
    ],
    to: "RestoreJob.force, RetainJob.force, CleanupJob.force, commands/setup-server.ts, commands/setup-bucket.ts",
  }),
  "numeric-owner": flag({
    group: "Restoring",
    help: "go by the numbers of owners even where their names are known here",
    commands: [...RESTORE, ...COMPARE],
    to: "RestoreJob.numericOwner, VerifyJob.numericOwner",
  }),
  "no-restore-ownership": flag({
    old: ["do-not-restore-ownership"],
    group: "Restoring",
    help: "everything belongs to whoever restores it; without root it does anyway, which one notice says; doppel then makes no devices and sets no setuid or setgid bit",
    commands: RESTORE,
    to: "RestoreJob.restoreOwner, RestoreJob.leaveSpecial",
  }),
  rename: pairs(innerPath, {
    metavar: "FROM TO",
    group: "Restoring",
    help: "what is at or below FROM in the backup goes to TO (may be repeated; both relative to the root)",
    commands: RESTORE,
    expand: true,
    to: "RestoreJob.renames",
  }),
  "no-index": flag({
    generation: "doppel",
    group: "Restoring",
    help: "with --path-to-restore: read and check whole volumes, even where an index tells which parts will do",
    commands: RESTORE,
    to: "RestoreJob.useIndex",
  }),
  "fail-fast": flag({
    generation: "doppel",
    group: "Restoring",
    help: "stop at the first missing or damaged volume; without this all that does not need it is restored, what is lost is named, and the exit code is 3",
    commands: RESTORE,
    only: "doppel",
    to: "RestoreJob.keepGoing",
  }),
  "keep-going": flag({
    generation: "doppel",
    group: "Restoring",
    help: "pass over missing and damaged volumes, which doppel does anyway",
    commands: RESTORE,
    hidden: true,
    to: "RestoreJob.keepGoing",
  }),

  "ignore-errors": flag({
    group: "Restoring",
    help: "pass over missing and damaged volumes: restore all that does not need them, and name what is lost",
    commands: RESTORE,
    only: "duplicity",
    standsFor: ["keep-going"],
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
    expand: true,
    metavar: "PATH",
    group: "Reading a backup",
    help: "in which backups of the newest chain this file changed",
    commands: ["status"],
    to: "FileChangedJob.path",
  }),
  since: optional(text, {
    generation: "doppel",
    metavar: "TIME",
    group: "Reading a backup",
    help: "only chains that reach to this time or beyond, each of them whole",
    commands: ["replicate"],
    to: "ReplicateJob.since",
  }),
  verify: flag({
    generation: "doppel",
    group: "Reading a backup",
    help: "also read what is already there, and compare it with the manifests' checksums or with what it is a copy of",
    commands: ["replicate"],
    to: "ReplicateJob.verify",
  }),

  "keep-daily": keep("days"),
  "keep-weekly": keep("weeks"),
  "keep-monthly": keep("months"),
  "keep-yearly": keep("years"),
  "even-recent": flag({
    generation: "doppel",
    group: "Deleting",
    help: "also what was stored less than a day ago: only when surely no backup is running",
    commands: ["cleanup"],
    to: "CleanupJob.minimumAgeMs",
  }),
  "dry-run": flag({
    group: "Deleting",
    help: "only show the plan, also beside --force",
    commands: DELETE,
    also: [
      {
        group: "Other",
        help: "read everything, store and write nothing",
        commands: [...WRITE, ...RESTORE, "doctor"],
      },
    ],
    to: "RetainJob.force, CleanupJob.force, BackupJob.dryRun, RestoreJob.dryRun, DoctorContext.dryRun",
  }),
} as const;

function keep(periods: string): Option<number | undefined> {
  return optional(wholeNumber(1), {
    generation: "doppel",
    metavar: "N",
    group: "Deleting",
    help: `keep the newest chain of each of the last N ${periods} that have one`,
    commands: ["prune"],
    to: "KeepPolicy",
  });
}
