import { ALL, WITH_KEYS, WRITE } from "./command-groups.ts";
import { flag, oneOf, optional, refused, text, timeSeparator, wholeNumber, withDefault } from "./option.ts";

/** Tunes what doppel tunes by itself. */
const TUNING = { group: "Other", help: "accepted, without effect", commands: WRITE, ignored: true, to: "nothing" } as const;
/** Only for storage that doppel does not have; scripts share their options between targets. */
const ELSEWHERE = { ...TUNING, commands: ALL, only: "duplicity" } as const;
const elsewhere = (metavar: string) => optional(text, { ...ELSEWHERE, metavar });
const numberElsewhere = (metavar: string) => optional(wholeNumber(0), { ...ELSEWHERE, metavar });

/** Historic file names: what is read is recognised without being told. */
const NAMES = {
  group: "Other",
  help: "accepted when reading, refused for backups",
  commands: ALL,
  generation: "0.8",
  only: "duplicity",
  to: "nothing",
} as const;

/** What is there for the scripts and tests of stock duplicity (cli spec 12). */
export const STOCK_OPTIONS = {
  "current-time": optional(wholeNumber(0), {
    metavar: "SECONDS",
    group: "Other",
    help: "the time of the new backup, in seconds since 1970",
    commands: [...WRITE, "monitor check", "doctor"],
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

  "asynchronous-upload": flag({ ...TUNING, help: "no effect: uploads overlap with reading anyway" }),
  concurrency: optional(wholeNumber(0), { ...TUNING, metavar: "N", help: "the same", generation: "3" }),
  "metadata-sync-mode": withDefault(oneOf("partial", "full"), "partial", {
    ...TUNING,
    commands: WITH_KEYS,
    metavar: "MODE",
    help: "partial or full; no effect: what is needed is fetched",
  }),
  jsonstat: flag({ ...TUNING, help: "no effect: no file of statistics is stored", generation: "3" }),
  "no-check-remote": flag({ ...TUNING, commands: ALL, generation: "3" }),
  "copy-blocksize": optional(wholeNumber(0), { ...TUNING, commands: ALL, metavar: "KB", generation: "3" }),

  "encrypt-secret-keyring": elsewhere("FILE"), // without effect in stock and in gpg, too
  "ssh-options": elsewhere("OPTIONS"),
  "ssh-askpass": flag(ELSEWHERE),
  "scp-command": elsewhere("COMMAND"),
  "sftp-command": elsewhere("COMMAND"),
  "rsync-options": elsewhere("OPTIONS"),
  "ftp-passive": flag(ELSEWHERE),
  "ftp-regular": flag(ELSEWHERE),
  "imap-full-address": flag(ELSEWHERE),
  "imap-mailbox": elsewhere("NAME"),
  "ssl-cacert-file": elsewhere("FILE"),
  "ssl-cacert-path": elsewhere("DIR"),
  "ssl-no-check-certificate": flag(ELSEWHERE),
  "webdav-headers": optional(text, { ...ELSEWHERE, metavar: "TEXT", generation: "3" }),
  "azure-max-single-put-size": numberElsewhere("BYTES"),
  "azure-max-block-size": numberElsewhere("BYTES"),
  "azure-max-connections": numberElsewhere("N"),
  "azure-blob-tier": elsewhere("TIER"),
  "swift-storage-policy": elsewhere("NAME"),
  "mp-segment-size": numberElsewhere("MB"),
  "cf-backend": elsewhere("NAME"),
  "b2-hide-files": flag(ELSEWHERE),
  "mf-purge": flag(ELSEWHERE),
  "idr-fakeroot": elsewhere("DIR"),
  "par2-options": elsewhere("OPTIONS"),
  "par2-redundancy": numberElsewhere("PERCENT"),
  "par2-volumes": numberElsewhere("N"),
  "config-dir": elsewhere("DIR"),
  pydevd: flag(ELSEWHERE),

  gio: refused("is not supported: it changes what a URL means; mount the place, and name it as file:///DIR", {
    ...NAMES,
    help: "refused",
    hidden: true,
  }),
  "time-separator": withDefault(timeSeparator, ":", { ...NAMES, metavar: "CHAR", help: "refused but for :", hidden: true }),
  "old-filenames": flag(NAMES),
  "short-filenames": flag(NAMES),
} as const;
