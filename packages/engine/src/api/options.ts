import type { SecretKeys, Verifier } from "@doppel/openpgp";
import type { S3Options } from "@doppel/storage";
import type { ReceiptSigner } from "../receipt/keys.ts";
import type { Encryption } from "./encryption.ts";
import type { JobEvent } from "./events.ts";
import type { PathLike } from "./paths.ts";

/** What every job takes. */
export interface JobOptions {
  /** Ends the job, which then rejects with `run.aborted`, whose cause is the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what happens, in order and synchronously. What it throws ends the job, and is the cause of `run.aborted`. */
  readonly onEvent?: (event: JobEvent) => void;
}

/** How a target is opened. */
export interface TargetOptions {
  /**
   * A folder that keeps plain metadata between backups, as duplicity does in `~/.cache/duplicity`: with it increments need no secret key, and
   * an interrupted backup of a folder can be gone on with. One target only, and not readable by others. Without it there is one in `tempDir`
   * until the target is closed.
   */
  readonly archiveDir?: string;
  /** Where what does not fit into memory goes, without names; `os.tmpdir()` unless given. Needs no more than two volumes for a backup, but old states of changed files to read. */
  readonly tempDir?: string;
  /** What opens encrypted objects: `secretKeysFromKeyFile`, `secretKeysFromPassphrase` or `secretKeysFromGpg` of `@doppel/openpgp`. Closed with the target. */
  readonly keys?: SecretKeys;
  /** Who must have signed what is read (`findVerifier`, `verifierFromKeys` of `@doppel/openpgp`). */
  readonly verifier?: Verifier;
  /** Put before every object's name (duplicity's `--file-prefix`). */
  readonly filePrefix?: string;
  /** What the URL of an S3 target does not say. */
  readonly s3?: S3Options;
  /** Of what the target itself does, and of jobs that have no `onEvent` of their own. */
  readonly onEvent?: (event: JobEvent) => void;
}

/** A rule that decides what of a folder is backed up; globs as in duplicity, of whole paths that begin with the source. The first that fits counts. */
export type SelectionRule =
  | { readonly include: string }
  | { readonly exclude: string }
  /** Leaves out folders that have a file of this name in them. */
  | { readonly excludeIfPresent: string }
  /** Regular files last changed before. */
  | { readonly excludeOlderThan: Date }
  /** Leaves out what is mounted below the source. */
  | { readonly oneFileSystem: true };

/** What is common to every backup. */
export interface BackupOptions extends JobOptions {
  /** Who can read it. There is no default. */
  readonly encryption: Encryption;
  /** "auto", unless given: an increment where there is a chain to continue. */
  readonly kind?: "auto" | "full" | "inc";
  /** A full backup when the last one was begun before this. */
  readonly fullIfOlderThan?: Date;
  /** Bytes after which a volume ends; 200 MiB unless given, as in duplicity. A file that is larger is cut. */
  readonly volumeBytes?: number;
  /** false: nothing is compressed. */
  readonly compress?: boolean;
  /** 0 to 9; 6 unless given. */
  readonly compressLevel?: number;
  /** Threads that compress; as many as there are cores unless given. */
  readonly threads?: number;
  /** What the manifest says of the machine; `os.hostname()` unless given. An increment must say the same as its chain. */
  readonly hostname?: string;
  /** true: an increment in which nothing has changed is not stored. */
  readonly skipIfUnchanged?: boolean;
  /** A receipt (README of the workspace) beside the backup, which tells numbers and folders to who has no key. None unless given. */
  readonly receipt?: { readonly program: string; readonly folderDepth?: number; readonly signer?: ReceiptSigner };
  /** true: reads and compares all, and stores nothing. */
  readonly dryRun?: boolean;
}

/** Of a backup of a folder. */
export interface FolderBackupOptions extends BackupOptions {
  /** What of it is backed up; all unless given. */
  readonly rules?: readonly SelectionRule[];
  /** Back up what symbolic links point to. */
  readonly copyLinks?: boolean;
  /** Also when the chain at the target is of another machine or folder. */
  readonly allowSourceMismatch?: boolean;
}

/** Of a backup of entries that the program makes. */
export interface EntriesBackupOptions extends BackupOptions {
  /** What the manifest says in the place of the folder; "/" unless given. An increment must say the same as its chain. */
  readonly sourceName?: string;
}

/** Which state is meant. */
export interface StateOptions extends JobOptions {
  /** The last backup that was made up to then; the latest unless given. Before the first one it is the first, as in duplicity. */
  readonly time?: Date;
}

export interface ListOptions extends StateOptions {
  /** Only this and what is in it. */
  readonly path?: PathLike;
  /** false: only what lies in `path` (or in the root) itself, not deeper. */
  readonly recursive?: boolean;
}

export interface ReadOptions extends StateOptions {
  /** First byte that is wanted; 0 unless given. */
  readonly start?: number;
  /** Byte behind the last that is wanted; the end of the file unless given. */
  readonly end?: number;
}

export interface RestoreOptions extends StateOptions {
  /** Only this, which then is what `into` becomes. */
  readonly path?: PathLike;
  /** Into a folder that has something in it: what is in the way is replaced. */
  readonly force?: boolean;
  /** false: ends at the first thing that is missing or damaged, instead of restoring all that is not. */
  readonly keepGoing?: boolean;
  /** Owners by number, not by name. */
  readonly numericOwner?: boolean;
  /** false: all belongs to who runs this. */
  readonly restoreOwner?: boolean;
  /** true: no devices, no setuid and setgid bits. */
  readonly leaveSpecial?: boolean;
  /** That write files, and that decrypt; as many as there are cores unless given. */
  readonly threads?: number;
}

export interface VerifyOptions extends StateOptions {
  /** Only this and what is in it. */
  readonly path?: PathLike;
  /** Compare with this folder, too; unless given the backup is only read and checked. */
  readonly compareWith?: PathLike;
}

/** Of what deletes: without `force` it is only planned. */
export interface DeleteOptions extends JobOptions {
  /** true: carries the plan out. */
  readonly force?: boolean;
}
