import type { KeyObject } from "node:crypto";
import type { NamePrefixes, SetId } from "@doppel/format";
import type { Sample } from "../objects/sample.ts";
import type { StoredReceipt } from "../receipt/read-receipt.ts";

export interface AuditJob {
  readonly prefixes: NamePrefixes;
  readonly sample: Sample;
  /** 0 to 2^32 - 1: the same one chooses the same of the same objects. */
  readonly seed: number;
  /** Objects that are read at a time, at least 1. */
  readonly parallel: number;
  /** Receipts must be signed by it (`receiptPublicKey`). */
  readonly publicKey?: KeyObject;
}

/** Something that is not as a receipt says, or that no receipt speaks of. */
export interface AuditFinding {
  /** "problem": something is lost, or not what it was. "warning": it may be well, and cannot be told from here. */
  readonly severity: "problem" | "warning";
  readonly kind:
    | "missing"
    | "size"
    | "bytes"
    | "recipients"
    | "unnamed"
    | "archived"
    | "receipt"
    | "signature"
    | "chain"
    | "orphaned"
    | "no-receipt"
    | "unfinished"
    | "gone"
    | "foreign";
  /** The object that it is about. */
  readonly name: string;
  /** A phrase for a person, without the name. */
  readonly detail: string;
}

/** A backup as it was found. Sizes in bytes. */
export interface AuditedSet {
  readonly id: SetId;
  /** "unread": it is there, and lies in an archive or vanished. */
  readonly receipt: "good" | "bad" | "unread" | "none";
  readonly signature: StoredReceipt["signature"];
  /** Of its names in the listing, the receipt's included. */
  readonly objects: number;
  readonly bytes: number;
  readonly read: number;
  readonly readBytes: number;
  readonly findings: readonly AuditFinding[];
}

export interface AuditReport {
  readonly target: string;
  readonly seed: number;
  /** By end time, oldest first. */
  readonly sets: readonly AuditedSet[];
  /** What is of no backup. */
  readonly foreign: readonly AuditFinding[];
  /** Of `sets`. */
  readonly objects: number;
  readonly bytes: number;
  readonly read: number;
  readonly readBytes: number;
  readonly problems: number;
  readonly warnings: number;
}
