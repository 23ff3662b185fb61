/**
 * Every error code and the facts it carries. Rules:
 * - `message` says what happened, to what, and what to do next; a person reads it as one line.
 * - `data` is for programs. Secrets are in neither.
 * - The original failure is kept as `cause`.
 * - What is ordinarily absent is a value (`undefined`), not an error; one unreadable source file is a notice, not an error.
 * - Anything thrown that is not a DoppelError is a bug.
 */
export interface ErrorData {
  "cli.usage": { readonly option?: string };
  "cli.unsupported": { readonly what: string };
  /** A profiles file, or a file that it names. Lines count from 1; `key` as in `profiles.web1.expect.grace`. */
  "profiles.bad": { readonly file: string; readonly line?: number; readonly key?: string };
  /** A program called the library with something else than its types say, or in a way that means nothing. */
  "api.bad-argument": { readonly argument: string };
  /** The target has been closed. */
  "api.closed": { readonly target: string };
  /** One thing at a time. */
  "api.busy": { readonly operation: string };
  "source.missing": { readonly path: string };
  "source.unreadable": { readonly path: string };
  /** An entry that a program made cannot be stored as it says. */
  "source.bad-entry": { readonly path: string; readonly reason: "type" | "path" | "order" | "size" | "value" | "content" };
  "source.mismatch": { readonly what: "host" | "folder"; readonly before: string; readonly now: string };
  "rules.cannot-match": { readonly pattern: string; readonly source: string };
  "rules.malformed": { readonly pattern: string; readonly reason: string };
  "rules.last-is-include": { readonly pattern: string };
  "rules.filelist": { readonly file: string };
  "rules.filter-without-effect": { readonly option: string };
  "rules.filter-last": { readonly option: string };
  "rules.absolute-path": { readonly file: string; readonly path: string };
  "rules.no-paths": { readonly file: string };
  "restore.target-exists": { readonly path: string };
  "restore.write-failed": { readonly path: string; readonly reason: string };
  "restore.unsafe-path": { readonly path: string };
  "restore.path-not-found": { readonly path: string };
  "restore.not-a-file": { readonly path: string };
  "archive-dir.unusable": { readonly path: string };
  /** Another run uses it now. */
  "archive-dir.locked": { readonly path: string };
  "temp.unusable": { readonly path: string };
  "temp.full": { readonly path: string };
  "format.bad-manifest": { readonly line: number; readonly reason: string };
  "format.bad-tar": { readonly offset: number; readonly reason: string };
  "format.bad-set": { readonly set: string; readonly reason: string };
  "format.bad-index": { readonly line: number; readonly reason: string };
  "format.bad-receipt": { readonly line: number; readonly reason: string };
  "format.bad-time": { readonly text: string };
  "receipt.bad-key": { readonly half: "private" | "public" };
  "rsync.bad-signature": { readonly reason: string; readonly offset: number };
  "rsync.bad-delta": { readonly reason: "magic" | "truncated" | "copy-range" | "command" | "trailing"; readonly offset: number };
  "collection.empty": { readonly target: string };
  "collection.no-chain": { readonly target: string };
  "collection.clock": { readonly newest: string; readonly now: string };
  "collection.no-such-time": { readonly time: string };
  "collection.ambiguous": { readonly time: string };
  "collection.unsupported": { readonly set: string; readonly reason: string };
  "collection.inconsistent": { readonly names: readonly string[]; readonly reason: string };
  "volume.missing": { readonly name: string };
  "volume.hash-mismatch": { readonly name: string; readonly expected: string; readonly actual: string };
  /** The target took it without a word, and does not have it, or another size of it. Sizes in bytes. */
  "volume.not-stored": { readonly name: string; readonly expected: number; readonly actual?: number };
  "volume.damaged": { readonly name: string; readonly reason: string };
  "openpgp.key-not-found": { readonly query: string };
  "openpgp.key-ambiguous": { readonly query: string; readonly fingerprints: readonly string[] };
  "openpgp.key-unusable": { readonly query: string; readonly reason: KeyProblem };
  "openpgp.no-secret-key": { readonly keyIds: readonly string[] };
  "openpgp.wrong-passphrase": { readonly what: string };
  "openpgp.passphrase-needed": { readonly what: string };
  "openpgp.bad-message": { readonly reason: string };
  "openpgp.bad-signature": { readonly reason: string };
  "openpgp.gpg-failed": { readonly operation: string; readonly detail: string };
  "storage.bad-url": { readonly url: string; readonly reason: string };
  "storage.unknown-scheme": { readonly scheme: string };
  "storage.bad-name": { readonly name: string };
  "storage.not-found": { readonly name: string };
  "storage.exists": { readonly name: string };
  "storage.unavailable": { readonly operation: string };
  "storage.denied": { readonly operation: string; readonly name: string };
  "storage.full": { readonly name: string };
  /** The server says no, and will say so again; it is not about permissions. */
  "storage.refused": { readonly operation: string; readonly reason: string };
  /** None, unknown, expired, or not accepted with this clock. */
  "storage.credentials": { readonly reason: "none" | "unknown" | "expired" | "signature" | "clock" };
  /** The object must be thawed before it can be read. */
  "storage.archived": { readonly name: string; readonly class: string };
  /** What arrived is not what is stored. */
  "storage.corrupt": { readonly name: string };
  "run.aborted": Record<never, never>;
  /** Ordered by a hidden option, for tests. */
  "run.sabotaged": { readonly volume: number };
  /** A backup that goes on where another stopped must seal as that one did. */
  "resume.mismatch": { readonly reason: string };
}

export type ErrorCode = keyof ErrorData;
export type KeyProblem = "expired" | "revoked" | "cannot-encrypt" | "cannot-sign" | "version" | "invalid" | "not-a-key";

export class DoppelError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
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
