import type { BytePath, PathEntry } from "@doppel/base";
import type { BackupSet, Chain, Conflict, NamePrefixes } from "@doppel/format";
import type { Recipient, SecretKeys, Signer, Verifier } from "@doppel/openpgp";
import type { Storage, ThawOptions } from "@doppel/storage";
import type { SelectionOption } from "@doppel/tree";
import type { FedSource } from "./feed/fed-source.ts";
import type { ReceiptSigner } from "./receipt/keys.ts";
import type { Obstacle } from "./status/loose-ends.ts";

/** How objects are wrapped: one choice for every object of a set. */
export type Envelope =
  | {
      readonly kind: "gpg";
      readonly recipients: readonly Recipient[];
      /** Symmetric encryption; may stand beside recipients. */
      readonly passphrase?: string;
      readonly signer?: Signer;
      /** false: no compressed packet (`--no-compression`). */
      readonly compress: boolean;
    }
  | { readonly kind: "gzip" }
  | { readonly kind: "plain" };

/** Which part of the local file system is meant. */
export interface SourceChoice {
  /** As given and normalised (`normaliseSource`): it is written to the manifest, and rules are matched against it. */
  readonly source: BytePath;
  readonly selection: readonly SelectionOption[];
  /** Contents of every file that `selection` names, by that name. */
  readonly filelists: ReadonlyMap<string, Uint8Array>;
  readonly nullSeparator: boolean;
  readonly copyLinks: boolean;
}

/** What to back up, and how. Plain, complete and frozen: below the command line nothing reads a default. */
export interface BackupJob extends SourceChoice {
  /** "auto": an increment when there is a chain to continue, otherwise a full set. */
  readonly kind: "full" | "inc" | "auto";
  /** Make a full set when the last one was begun before this. */
  readonly fullIfOlderThan?: Date;
  /** Continue a chain that another host or folder began. */
  readonly allowSourceMismatch: boolean;
  /** Nominal size of a volume in bytes; see `backup/cut.ts` for how far a volume may run over. */
  readonly volumeBytes: number;
  /** 0-9, for the objects that are compressed. */
  readonly compressLevel: number;
  /** How many threads compress, at least 1. */
  readonly threads: number;
  readonly hostname: BytePath;
  readonly prefixes: NamePrefixes;
  /** Count the source beside the backup, so that progress knows how much there is. */
  readonly countTotals: boolean;
  /** Read and compare everything, and store nothing, neither at the target nor in the archive directory. */
  readonly dryRun: boolean;
  /** An increment in which nothing changed is not stored. */
  readonly skipIfUnchanged: boolean;
  /** List new, changed and deleted files in the manifest (spec 2.3). */
  readonly listChanges: boolean;
  /** Largest block of signatures in bytes (spec 5.3). */
  readonly maxBlockBytes: number;
  /**
   * Bytes of a changed file's old signature that are held at a time, 48 MiB if not given: what bounds memory. Of a file whose
   * signature is longer, blocks are found again that have moved by up to a quarter of what these bytes describe.
   */
  readonly signatureWindowBytes?: number;
  /**
   * Go on where an interrupted run of this target stopped, if the archive directory knows of one (spec 7.4). "not-less": not with
   * an increment when a full backup is asked for; "any": with whatever it was, as stock does.
   */
  readonly resume: "never" | "not-less" | "any";
  /** Faults to order, for tests (duplicity-cli.md 12.1): end after this volume was stored; do not store this one. */
  readonly sabotage: { readonly failAfterVolume?: number; readonly skipVolume?: number };
  /** Emit `collection.read` for a full backup too, which lists the target for nothing else. */
  readonly announce?: boolean;
  /** Store a receipt with the set (FORMAT.md, "Receipt"); undefined: none. */
  readonly receipt?: ReceiptOptions;
  /** Emit `entry.done` for every entry. */
  readonly verbose: boolean;
  /**
   * What to back up, instead of what is on the disk: `source` is then only what the manifest says, rules do not count, and `resume` is
   * "never", because nobody can tell whether they would be the same again.
   */
  readonly entries?: FedSource;
}

/** What a receipt tells. */
export interface ReceiptOptions {
  /** Who makes it: "doppel 0.1.0". */
  readonly program: string;
  /** Files are counted by folders of up to so many components; 1: by the top folders. Their names can be read by who can read the target. */
  readonly folderDepth: number;
}

export interface BackupDeps {
  readonly storage: Storage;
  readonly envelope: Envelope;
  /** Absolute path of this target's archive directory (spec 7.1); created when missing. */
  readonly archiveDir: string;
  /** Absolute path; finished volumes wait there when they do not fit in memory. Only sealed bytes are ever written to it. */
  readonly tempDir: string;
  /** Only needed for an increment whose archive directory is incomplete. */
  readonly keys?: SecretKeys;
  /** When set, what is read of the target for that must be signed by this key. */
  readonly verifier?: Verifier;
  readonly receiptSigner?: ReceiptSigner;
}

/** Duplicity's statistics block (duplicity-cli.md 4.3), sizes in bytes. */
export interface BackupStatistics {
  /** When it began: the time of the set. */
  readonly startTime: Date;
  /** When the last object was stored. */
  readonly endTime: Date;
  /** Objects of the source that are selected, of any type. */
  readonly sourceFiles: number;
  /** Their sizes, as the system tells them. */
  readonly sourceFileSize: number;
  /** Objects that the backup before had not; of a full backup all. */
  readonly newFiles: number;
  /** Their sizes. */
  readonly newFileSize: number;
  /** Objects of the backup before that are gone. */
  readonly deletedFiles: number;
  /** Objects that the backup before had otherwise. */
  readonly changedFiles: number;
  /** Their sizes now. */
  readonly changedFileSize: number;
  /** Always 0, as in duplicity's. */
  readonly changedDeltaSize: number;
  /** New, changed and deleted objects. */
  readonly deltaEntries: number;
  /** Content in the volumes, before compression. */
  readonly rawDeltaSize: number;
  /** What the target has more of. */
  readonly totalDestinationSizeChange: number;
  /** Objects that could not be read. */
  readonly errors: number;
}

/** What a backup has stored. */
export interface BackupReport {
  /** Of the source and what was stored of it. */
  readonly statistics: BackupStatistics;
  /** Its objects by name. Of what was not stored, those that it would have had. */
  readonly set: BackupSet;
  /** All objects of the set: volumes, signatures, manifest, index and receipt. */
  readonly storedBytes: number;
  /** Notices with `incomplete: true`: above 0 the backup missed something. */
  readonly incomplete: number;
  /** `stored`; or nothing was, because it was a dry run, or because nothing had changed. */
  readonly outcome: "stored" | "dry-run" | "unchanged";
}

/** What every command that reads a target needs. */
export interface ReadDeps {
  readonly storage: Storage;
  /** undefined: encrypted objects cannot be read. */
  readonly keys?: SecretKeys;
  /** When set, every object that is read must be signed by this key, but for receipts, which have keys of their own. */
  readonly verifier?: Verifier;
  /** Read only: manifests and signatures found here need not be fetched or decrypted. */
  readonly archiveDir: string;
  readonly tempDir: string;
}

export interface RestoreJob {
  /** Where the root of the backup goes. */
  readonly target: BytePath;
  /** The state as of this time; undefined: the latest. */
  readonly time?: Date;
  /** Only this path of the backup, which becomes the root; undefined: everything. */
  readonly path?: BytePath;
  /** Read only the parts of volumes that `path` needs, in sets that have an index. */
  readonly useIndex: boolean;
  /** How what lies in an archive (Glacier) is got out of it; undefined: that is an error. */
  readonly thaw?: ThawOptions;
  readonly prefixes: NamePrefixes;
  /** How many threads may write the tree, at least 1. */
  readonly threads: number;
  /**
   * Pass over volumes that are missing or damaged: what does not need them is restored, every path that does is told. Without it
   * the first one ends the restore.
   */
  readonly keepGoing: boolean;
  /** Manifests are not believed blindly (`volumesWanted`), which may take a volume more; as `keepGoing` if not given. */
  readonly careful?: boolean;
  /** Restore into a target that has something in it. */
  readonly force: boolean;
  /** Only find out which volumes are needed; nothing is fetched but metadata, and nothing written. */
  readonly dryRun: boolean;
  /** What is at or below `from` in the backup goes to `to` instead, both relative to the root; the first that fits counts. */
  readonly renames: readonly { readonly from: BytePath; readonly to: BytePath }[];
  readonly numericOwner: boolean;
  readonly restoreOwner: boolean;
  /** No devices, no setuid and setgid bits: each is told. Default: as they were. */
  readonly leaveSpecial?: boolean;
  readonly verbose: boolean;
}

/** What a restore has written. */
export interface RestoreReport {
  /** Regular files that were written. */
  readonly files: number;
  /** Of their content. */
  readonly bytes: number;
  /** Notices with `incomplete: true`: above 0 something is not as it was. */
  readonly incomplete: number;
  /** Paths that are lost or uncertain, each with its notice. */
  readonly lost: number;
  /** Volumes that were passed over, each with its notice. */
  readonly badVolumes: number;
  /** Names of the volumes that a dry run found to be needed, in order; otherwise empty. */
  readonly wanted: readonly string[];
}

/** `source` is the local tree, or the part of it that `path` names in the backup. */
export interface VerifyJob extends SourceChoice {
  /** Compare with the local tree; otherwise the backup is only read and checked. */
  readonly compareData: boolean;
  readonly numericOwner: boolean;
  /** How what lies in an archive (Glacier) is got out of it; undefined: that is an error. */
  readonly thaw?: ThawOptions;
  readonly time?: Date;
  readonly path?: BytePath;
  readonly prefixes: NamePrefixes;
  readonly verbose: boolean;
}

/** What a verification has found. */
export interface VerifyReport {
  /** Distinct paths in the backup and in the local tree. */
  readonly compared: number;
  /** How many of them differ; each has its event. */
  readonly differences: number;
  /** Notices with `incomplete: true`: local objects that could not be looked at, bad volumes and lost paths. */
  readonly incomplete: number;
  /** Paths that no restore can bring back. */
  readonly lost: number;
  /** Of `volumes`: missing or damaged. Above 0 the backup is damaged, and so it is with `lost`. */
  readonly badVolumes: number;
  /** That were read: all of the state, or those that can hold `path`. */
  readonly volumes: number;
}

export interface StatusJob {
  readonly prefixes: NamePrefixes;
}

/** One set with what the listing tells about it. Sizes are bytes of stored objects. */
export interface SetStatus {
  /** Its objects by name. */
  readonly set: BackupSet;
  /** How many of them are there. */
  readonly volumes: number;
  /** Of the volumes. */
  readonly volumeBytes: number;
  /** Of all other objects. */
  readonly metadataBytes: number;
  /** How many of its objects lie in an archive, by its class: a copy must be asked for before they can be read. */
  readonly archived: ReadonlyMap<string, number>;
  /** What the listing (and the archive directory's manifest, if there is one) shows to be wrong with it; a phrase each. */
  readonly problems: readonly string[];
}

/** A chain, and what is known of each of its sets. */
export interface ChainStatus {
  /** What belongs together. */
  readonly chain: Chain;
  /** The full one, then its increments. */
  readonly sets: readonly SetStatus[];
}

/** What is at a target, as its listing tells. */
export interface StatusReport {
  /** The URL without secrets. */
  readonly target: string;
  /** By end time, oldest first; the last one is the primary chain. */
  readonly chains: readonly ChainStatus[];
  /** Without a manifest, and nothing complete builds on them. */
  readonly incomplete: readonly SetStatus[];
  /** Without a manifest, which they had: complete increments build on them. */
  readonly lostManifest: readonly SetStatus[];
  /** Complete increments that are in no chain, each with the reason. */
  readonly orphaned: readonly (SetStatus & { readonly obstacle: Obstacle })[];
  /** Names of signature archives of which there is nothing else. */
  readonly orphanedSignatures: readonly string[];
  /** Names that should not be there together. */
  readonly conflicts: readonly Conflict[];
}

export interface ListJob {
  readonly time?: Date;
  readonly prefixes: NamePrefixes;
}

/** Entries of a backup in format order. Sizes are not in the signatures: `size` is 0. */
export type Listing = AsyncIterable<PathEntry>;

export interface RecipeJob {
  readonly time?: Date;
  readonly prefixes: NamePrefixes;
  /** The target as a folder that the commands can name; undefined: the volumes are in the current directory. */
  readonly folder?: BytePath;
}
