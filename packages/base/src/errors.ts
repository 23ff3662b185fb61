/**
 * Every error code and the facts it carries. Rules:
 * - `message` says what happened, to what, and what to do next; a person reads it as one line.
 * - `data` is for programs. Secrets are in neither.
 * - The original failure is kept as `cause`.
 * - What is ordinarily absent is a value (`undefined`), not an error; one unreadable source file is a notice, not an error.
 * - Anything thrown that is not a DoppelError is a bug.
 */
export interface ErrorData {
  /** A command line that says nothing which can be done. Only the program throws it. */
  "cli.usage": { readonly option?: string };
  /** An option or command of duplicity's that doppel has not. Only the program throws it. */
  "cli.unsupported": { readonly what: string };
  /** A profiles file, or a file that it names. Lines count from 1; `key` as in `profiles.web1.expect.grace`. */
  "profiles.bad": { readonly file: string; readonly line?: number; readonly key?: string };
  /** A program called the library with something else than its types say, or in a way that means nothing. */
  "api.bad-argument": { readonly argument: string };
  /** The target has been closed. */
  "api.closed": { readonly target: string };
  /** One thing at a time. */
  "api.busy": { readonly operation: string };
  /** There is nothing at the path, or no entry at all: nothing was backed up. */
  "source.missing": { readonly path: string };
  /** The source itself cannot be read, listed or stored. What cannot be read within it is a notice. */
  "source.unreadable": { readonly path: string };
  /** An entry that a program made cannot be stored as it says. */
  "source.bad-entry": { readonly path: string; readonly reason: "type" | "path" | "order" | "size" | "value" | "content" };
  /** The chain at the target is of another machine or folder. */
  "source.mismatch": { readonly what: "host" | "folder"; readonly before: string; readonly now: string };
  /** A pattern that does not begin as the source does, so that nothing below that could match. */
  "rules.cannot-match": { readonly pattern: string; readonly source: string };
  /** A pattern or regular expression that cannot be understood; `reason` says why, for a person. */
  "rules.malformed": { readonly pattern: string; readonly reason: string };
  /** The last rule includes, which changes nothing: what no rule matches is included. */
  "rules.last-is-include": { readonly pattern: string };
  /** A file with rules cannot be read. */
  "rules.filelist": { readonly file: string };
  /** A filter with no rule after it that it could be about. */
  "rules.filter-without-effect": { readonly option: string };
  /** A filter behind the last rule. */
  "rules.filter-last": { readonly option: string };
  /** A list of paths (`--files-from`) names one that is not within the source. */
  "rules.absolute-path": { readonly file: string; readonly path: string };
  /** A list of paths names none. */
  "rules.no-paths": { readonly file: string };
  /** There is something where a restore should write, and it was not told to replace it. */
  "restore.target-exists": { readonly path: string };
  /** The system did not let it write; `reason` is its word (ENOSPC, EACCES ...). */
  "restore.write-failed": { readonly path: string; readonly reason: string };
  /** The backup names a path that leads out of the folder, or is out of order: whoever made it is not to be trusted. */
  "restore.unsafe-path": { readonly path: string };
  /** That state has nothing of this path. */
  "restore.path-not-found": { readonly path: string };
  /** A content was asked for of what has none: a folder, a link, a device. */
  "restore.not-a-file": { readonly path: string };
  /** The archive directory cannot be made, read or written. */
  "archive-dir.unusable": { readonly path: string };
  /** Another run uses it now. */
  "archive-dir.locked": { readonly path: string };
  /** The folder for temporary files cannot be used. */
  "temp.unusable": { readonly path: string };
  /** The folder for temporary files has no room left. Nothing at the target was harmed. */
  "temp.full": { readonly path: string };
  /** A manifest does not say what one has to (spec 2); lines count from 1. */
  "format.bad-manifest": { readonly line: number; readonly reason: string };
  /** A volume or signature archive is no sound tar stream; `offset` is the byte of that stream. */
  "format.bad-tar": { readonly offset: number; readonly reason: string };
  /** The contents of a set contradict each other or the format (spec 3, 8.2). */
  "format.bad-set": { readonly set: string; readonly reason: string };
  /** A set's index (FORMAT.md) is not as it has to be; lines count from 1. Nothing depends on an index. */
  "format.bad-index": { readonly line: number; readonly reason: string };
  /** A receipt (FORMAT.md) is not as it has to be; lines count from 1. */
  "format.bad-receipt": { readonly line: number; readonly reason: string };
  /** A text that is no point in time. */
  "format.bad-time": { readonly text: string };
  /** A key for receipts that is no Ed25519 key in PEM. */
  "receipt.bad-key": { readonly half: "private" | "public" };
  /** A signature of librsync that is cut off or none; `offset` is the byte where that shows. */
  "rsync.bad-signature": { readonly reason: string; readonly offset: number };
  /** A delta of librsync that cannot be applied; `offset` is the byte of the delta where that shows. */
  "rsync.bad-delta": { readonly reason: "magic" | "truncated" | "copy-range" | "command" | "trailing"; readonly offset: number };
  /** There is no complete backup at the target. */
  "collection.empty": { readonly target: string };
  /** There is no chain that an increment could continue. */
  "collection.no-chain": { readonly target: string };
  /** The newest backup is of a later time than it is now: a clock is, or was, wrong. */
  "collection.clock": { readonly newest: string; readonly now: string };
  /** The newest chain has no set of that number, counted from the newest. */
  "collection.no-such-time": { readonly time: string };
  /** Two chains have a state of that time, and nothing says which is meant. */
  "collection.ambiguous": { readonly time: string };
  /** What was asked for cannot be done with a set of this kind. */
  "collection.unsupported": { readonly set: string; readonly reason: string };
  /** Two objects claim one place in a set, or what was to be kept and what was to go depend on each other. */
  "collection.inconsistent": { readonly names: readonly string[]; readonly reason: string };
  /** A volume that the manifest names is not at the target. */
  "volume.missing": { readonly name: string };
  /** A volume has other bytes than its manifest says, also when it is read again; hashes are hexadecimal. */
  "volume.hash-mismatch": { readonly name: string; readonly expected: string; readonly actual: string };
  /** The target took it without a word, and does not have it, or another size of it. Sizes in bytes. */
  "volume.not-stored": { readonly name: string; readonly expected: number; readonly actual?: number };
  /** An object cannot be read to its end as what it is; `reason` says what was found instead, for a person. */
  "volume.damaged": { readonly name: string; readonly reason: string };
  /** No key fits what was asked for, in the file or the keyring. */
  "openpgp.key-not-found": { readonly query: string };
  /** Several keys fit what was asked for. */
  "openpgp.key-ambiguous": { readonly query: string; readonly fingerprints: readonly string[] };
  /** There is such a key, and it cannot be used for that. */
  "openpgp.key-unusable": { readonly query: string; readonly reason: KeyProblem };
  /** None of the keys that are at hand opens the message; `keyIds` are those that would, 16 hexadecimal digits each. */
  "openpgp.no-secret-key": { readonly keyIds: readonly string[] };
  /** The passphrase opens neither the message nor the key that `what` names. */
  "openpgp.wrong-passphrase": { readonly what: string };
  /** What `what` names is locked, and nobody gave a passphrase. */
  "openpgp.passphrase-needed": { readonly what: string };
  /** What should be an OpenPGP message is none, is cut off, was changed, or is of a kind that is not read. */
  "openpgp.bad-message": { readonly reason: string };
  /** A signature was demanded, and there is none, or not a good one of that key. */
  "openpgp.bad-signature": { readonly reason: string };
  /** gpg could not be started, or ended with a failure that has no code of its own. */
  "openpgp.gpg-failed": { readonly operation: string; readonly detail: string };
  /** A URL that names no target; without its secrets. */
  "storage.bad-url": { readonly url: string; readonly reason: string };
  /** A URL of a kind for which there is no driver. */
  "storage.unknown-scheme": { readonly scheme: string };
  /** A name that no object can have: names are flat, and do not begin with a dot. */
  "storage.bad-name": { readonly name: string };
  /** There is no such object, or no such target. */
  "storage.not-found": { readonly name: string };
  /** The name is taken. What has it was not touched. */
  "storage.exists": { readonly name: string };
  /** It may succeed later, and is safe to repeat: nothing was stored. */
  "storage.unavailable": { readonly operation: string };
  /** The permissions do not allow it. */
  "storage.denied": { readonly operation: string; readonly name: string };
  /** The target has no room left, or a quota is used up. */
  "storage.full": { readonly name: string };
  /** The server says no, and will say so again; it is not about permissions. */
  "storage.refused": { readonly operation: string; readonly reason: string };
  /** None, unknown, expired, or not accepted with this clock. */
  "storage.credentials": { readonly reason: "none" | "unknown" | "expired" | "signature" | "clock" };
  /** The object must be thawed before it can be read. */
  "storage.archived": { readonly name: string; readonly class: string };
  /** What arrived is not what is stored. */
  "storage.corrupt": { readonly name: string };
  /** The caller ended it (`AbortSignal`); its reason is the `cause`. */
  "run.aborted": Record<never, never>;
  /** Ordered by a hidden option, for tests. */
  "run.sabotaged": { readonly volume: number };
  /** A backup that goes on where another stopped must seal as that one did. */
  "resume.mismatch": { readonly reason: string };
}

/** What went wrong, as programs tell it: the names in {@link ErrorData}. Codes are never renamed; new ones may come. */
export type ErrorCode = keyof ErrorData;
/** Why a key cannot be used. */
export type KeyProblem = "expired" | "revoked" | "cannot-encrypt" | "cannot-sign" | "version" | "invalid" | "not-a-key";

/** Everything that these packages throw on purpose. `message` is for a person, `code` and `data` are for programs (see {@link ErrorData}), and `cause` is the original failure. */
export class DoppelError<C extends ErrorCode = ErrorCode> extends Error {
  /** Which error it is. */
  readonly code: C;
  /** The facts of an error of this code. */
  readonly data: ErrorData[C];

  constructor(code: C, message: string, data: ErrorData[C], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "DoppelError";
    this.code = code;
    this.data = data;
  }
}

/** Whether `error` is a DoppelError with this code (narrowing `data`). */
export function isDoppelError<C extends ErrorCode>(error: unknown, code: C): error is DoppelError<C> {
  return error instanceof DoppelError && error.code === code;
}

/** The system's word for a failure ("ENOSPC"), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
