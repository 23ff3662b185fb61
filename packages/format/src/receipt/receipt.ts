import type { SetId } from "../names.ts";

/**
 * What a backup says of itself without a key: a public object beside each set, which stock passes over (FORMAT.md, "Receipt").
 * It tells who may read the objects and what they have to be, never what is in them: no name below the top folders, unless wished.
 */
export interface Receipt {
  /** Of which it tells. */
  readonly set: SetId;
  /** The machine, as its manifest calls it. */
  readonly host: string;
  /** Who made it: "doppel 0.1.0". */
  readonly program: string;
  /** When the run began. */
  readonly started: Date;
  /** When all objects but this one were stored. */
  readonly finished: Date;
  /** Volumes in their order, then signatures, manifest, index. */
  readonly objects: readonly ReceiptObject[];
  /** Who can read them. */
  readonly encryption: ReceiptEncryption;
  /** Of the source, and of what was stored. */
  readonly counts: ReceiptCounts;
  /** In the order of their paths; at most a thousand, the rest as one of name "…". */
  readonly folders: readonly FolderCounts[];
  /** How many notices there were of each reason (`NoticeReason`), of those that make a run incomplete. */
  readonly notices: Readonly<Record<string, number>>;
  /** The receipt before this one; undefined: there was none, or nobody could read it, which `chain` tells apart. */
  readonly previous?: PreviousReceipt;
  /** Whether there was a receipt before: `unknown` when nobody could tell. */
  readonly chain: "first" | "continued" | "unknown";
}

/** One object of the set. */
export interface ReceiptObject {
  /** What it is for the set. */
  readonly role: "volume" | "signatures" | "manifest" | "index";
  /** At the target. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Of the stored bytes, 64 hexadecimal digits; absent for what another program stored before this set was gone on with. */
  readonly sha256?: string;
  /** The target's own checksum, when it keeps one: as S3 gives it, with its kind ("crc32", "crc64nvme", "sha256", "etag"). */
  readonly checksum?: { readonly kind: string; readonly value: string };
}

/** Who can read the objects. */
export type ReceiptEncryption =
  /** 16 hexadecimal digits each, as they stand in the messages; all zeros where the recipient is hidden. */
  { readonly kind: "keys"; readonly keyIds: readonly string[] } | { readonly kind: "passphrase" } | { readonly kind: "none" };

/** Sizes in bytes. */
export interface ReceiptCounts {
  /** Objects of the source, of any type. */
  readonly entries: number;
  /** Of these, regular files. */
  readonly files: number;
  /** Of all files in the source. */
  readonly sourceBytes: number;
  /** That the set before had not. */
  readonly newEntries: number;
  /** That the set before had otherwise. */
  readonly changedEntries: number;
  /** Of the set before that are gone. */
  readonly deletedEntries: number;
  /** What the volumes hold before compression. */
  readonly contentBytes: number;
  /** All objects of the set but the receipt itself. */
  readonly storedBytes: number;
  /** Objects that could not be read. */
  readonly errors: number;
}

/** One top folder: the first component of paths below the source (or as many as were wished), and the files in it. */
export interface FolderCounts {
  /** As `displayPath` shows it; "." for what lies in the source itself. */
  readonly name: string;
  /** Regular files in it. */
  readonly files: number;
  /** Of their content. */
  readonly bytes: number;
  /** New and changed files of this set, and their bytes as stored before compression. */
  readonly changedFiles: number;
  /** See `changedFiles`. */
  readonly changedBytes: number;
  /** Stored bytes for each byte of tar, 0 to about 1; undefined when nothing of it is in the volumes, or nobody knows. */
  readonly ratio?: number;
}

/** The receipt of the backup before. */
export interface PreviousReceipt {
  /** At the target. */
  readonly name: string;
  /** Of the stored object, 64 hexadecimal digits. */
  readonly sha256: string;
}
