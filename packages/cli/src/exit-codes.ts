import { type ErrorCode, isDoppelError } from "@doppel/base";
import type { CommandName } from "./option.ts";

/** Done, and nothing was left out. */
export const DONE = 0;
/** `verify`: something is not as the backup has it. */
export const DIFFERENT = 1;
/** `doppel` only: done and sound, but something was left out or is not as it was; or `status` or retention sees damage. */
export const INCOMPLETE = 3;
/** `verify`: volumes are missing or damaged. The same as that of every error that says so. */
export const DAMAGED = 21;
/** `duplicity restore`: not everything that was asked for is there now. */
export const UNRESTORED = 20;
/** A defect of the program itself. */
export const BUG = 30;
/** Standard output takes nothing any more: as if by SIGPIPE. */
export const PIPE_CLOSED = 141;

/** What `doppel` exits with. The numbers are stock duplicity's wherever it has one (cli spec 5). */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  "cli.usage": 2,
  "cli.unsupported": 33,
  "profiles.bad": 2,
  // What only programs that use the library can do wrong: from the command line it is a defect.
  "api.bad-argument": BUG,
  "api.closed": BUG,
  "api.busy": BUG,
  "source.bad-entry": BUG,
  "source.missing": 13,
  "source.unreadable": 13,
  "source.mismatch": 42,
  "rules.cannot-match": 14,
  "rules.malformed": 15,
  "rules.last-is-include": 16,
  "rules.filelist": 7,
  "rules.filter-without-effect": 70,
  "rules.filter-last": 71,
  "rules.absolute-path": 72,
  "rules.no-paths": 73,
  "restore.target-exists": 11,
  "restore.write-failed": 20,
  "restore.unsafe-path": 21,
  "restore.path-not-found": 19,
  "restore.not-a-file": 19,
  "archive-dir.unusable": 9,
  "archive-dir.locked": 23,
  "temp.unusable": 35,
  "temp.full": 35,
  "format.bad-manifest": 21,
  "format.bad-tar": 21,
  "format.bad-set": 21,
  "format.bad-index": 21,
  "format.bad-receipt": 21,
  "receipt.bad-key": 2,
  "format.bad-time": 2,
  "rsync.bad-signature": 21,
  "rsync.bad-delta": 21,
  "collection.empty": 20,
  "collection.no-chain": 17,
  "collection.clock": 17,
  "collection.no-such-time": 20,
  "collection.ambiguous": 21,
  "collection.unsupported": 33,
  "collection.inconsistent": 21,
  "volume.missing": 21,
  "volume.hash-mismatch": 21,
  "volume.not-stored": 44,
  "volume.damaged": 21,
  "openpgp.key-not-found": 31,
  "openpgp.key-ambiguous": 31,
  "openpgp.key-unusable": 31,
  "openpgp.no-secret-key": 31,
  "openpgp.wrong-passphrase": 31,
  "openpgp.passphrase-needed": 31,
  "openpgp.bad-message": 21,
  "openpgp.bad-signature": 22,
  "openpgp.gpg-failed": 31,
  "storage.bad-url": 23,
  "storage.unknown-scheme": 23,
  "storage.bad-name": 50,
  "storage.not-found": 52,
  "storage.exists": 50,
  "storage.unavailable": 50,
  "storage.denied": 51,
  "storage.full": 53,
  "storage.refused": 50,
  "storage.credentials": 50,
  "storage.archived": 50,
  "storage.corrupt": 21,
  "run.aborted": 130,
  "run.sabotaged": 30,
  "resume.mismatch": 45,
};

/** Where `duplicity` exits with another number, because stock tells by it what the command was about (cli spec 5). */
export function stockExitCode(command: CommandName, error: unknown): number | undefined {
  if (isDoppelError(error, "source.missing") && command === "verify") return 12;
  if (isDoppelError(error, "source.mismatch") && error.data.what === "host") return 3;
  if (isDoppelError(error, "collection.empty") && command === "list") return 18;
  return undefined;
}

/** The signals that stop a run in an orderly way, and what it exits with then (128 + the signal's number). */
export const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof SIGNALS;

/** For `--help`. */
export const EXIT_CODES_HELP = `Exit codes
   0  done
   1  verify: something differs from the backup; drill, audit, doctor and
      monitor check: something is wrong
   2  wrong command line, or a profiles file that cannot be used
   3  done, but something is left out, damaged or not as it was; it says what
   7  a file list cannot be read       9  archive directory unusable
  11  restore target is not empty     13  source missing or unreadable
  14  pattern cannot match            15  malformed pattern
  16  last rule is an include, which would leave out nothing
  17  no chain to continue            42  source is not that of the last backup
  19  path not in the backup          20  nothing to restore, or cannot write it
  21  backup damaged                  22  not signed by the key asked for
  23  bad URL, or a run in progress   30  a bug in doppel: please report it
  31  key, passphrase or gpg          33  not supported
  35  temporary folder unusable       44  a volume did not arrive
  45  interrupted run, sealed otherwise
  50  storage failed                  51  storage: permission denied
  52  storage: not found              53  storage: no space
  70  filter without effect           71  last rule is a filter
  72  absolute path in --files-from   73  nothing in --files-from
 141  nobody reads the output any more, or it cannot be written
 129  130  143  stopped by a signal`;
