import type { EntryType } from "./entry.ts";
import type { BytePath } from "./path.ts";

/** What a run is there for. */
export type RunKind = "backup" | "restore" | "verify" | "status" | "list" | "recipe" | "audit";

/** In what a local object is not what the backup holds. Times are whole seconds since 1970, modes the lower 12 bits. */
export type TreeDifference =
  | { readonly kind: "new" } //     there, but not in the backup
  | { readonly kind: "missing" } // in the backup, but not there
  | { readonly kind: "type"; readonly actual: EntryType; readonly expected: EntryType }
  | { readonly kind: "permissions"; readonly actual: Ownership; readonly expected: Ownership }
  | { readonly kind: "mtime"; readonly actual: number; readonly expected: number }
  | { readonly kind: "link"; readonly actual: BytePath; readonly expected: BytePath }
  | { readonly kind: "device"; readonly actual?: DeviceNumbers; readonly expected?: DeviceNumbers }
  | { readonly kind: "data" };

/** Whose a local object is, and who may do what with it. */
export interface Ownership {
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** The lower 12 bits. */
  readonly mode: number;
}

/** What a device file stands for. */
export interface DeviceNumbers {
  /** Which driver. */
  readonly major: number;
  /** Which of its devices. */
  readonly minor: number;
}

/** Why something is not in the backup, or not restored, as its source had it. */
export type NoticeReason =
  | "socket" //             left out on purpose: the format cannot store it
  | "unreadable" //         could not be opened, read or listed
  | "vanished" //           was gone when it was to be read
  | "changed" //            changed while it was read: stored as read, may be a mix
  | "shrank" //             became shorter while it was read: the rest is zeros
  | "grew" //               became longer while it was read: stored up to its first size
  | "negative-mtime" //     stored as 1970 (spec 3.5)
  | "unstorable" //         an object of a kind or with attributes the format cannot hold
  | "rule-matched-nothing" // a configured path or pattern that is not there
  | "owner" //              restored, but not its owner
  | "attributes" //         restored, but not its mode or time
  | "conflict" //           something else was in its place
  | "key" //                about a key that is used: it expires soon, a secret part lies where it should not
  | "archive-dir" //        the local copy of the metadata could not be written
  | "metadata" //           signatures or a manifest could not be used: what is told of their set has gaps
  | "damaged" //            a backup at the target lacks something, as its listing or manifest shows
  | "volume" //             a volume is missing or damaged, and was passed over
  | "lost" //               was in a volume that cannot be used, or builds upon what was
  | "uncertain" //          a volume that cannot be used may hold a newer state of it, which nobody knows
  | "time" //               nothing is as old as was asked for: the oldest state is used
  | "source" //             what was given as the source is hardly what was meant; always a warning
  | "archived" //           lies in an archive of the target and must be thawed first
  | "option" //             what becomes of an option that does nothing, or has another name now
  | "target" //             how the target is understood, what protects it
  | "monitor" //            an alert could not be delivered, or what is known from before is lost; always a warning
  | "foreign-set"; //       sets at the target that are incomplete or belong to no chain

/**
 * What a run reports, in order, as values. The engine emits, a renderer turns it into text or JSON.
 * Sizes are bytes; times are instants.
 */
export type RunEvent =
  | { readonly type: "run.started"; readonly kind: RunKind; readonly target: string; readonly time: Date }
  /** A set was chosen for reading, or begun for writing. */
  | { readonly type: "set.opened"; readonly kind: "full" | "inc"; readonly time: Date; readonly volumes?: number }
  /** Something to tell about one path (or about the run, when there is no path). `incomplete` makes `doppel` exit 3. */
  | {
      readonly type: "notice";
      readonly reason: NoticeReason;
      readonly incomplete: boolean;
      readonly path?: BytePath;
      readonly detail: string;
      /** What was thrown where that did not end the run. */
      readonly cause?: Error;
    }
  /** One entry was stored or restored. Only emitted at high verbosity (`Runtime` consumers ask by `verbose`). */
  | {
      readonly type: "entry.done";
      readonly path: BytePath;
      readonly entryType: EntryType;
      readonly size: number;
      readonly change?: "new" | "changed" | "deleted";
    }
  /** Counters so far, at most a few times a second. `total*` grow while a background count of the source runs. */
  | {
      readonly type: "progress";
      readonly files: number;
      readonly bytes: number;
      readonly volumes: number;
      readonly storedBytes: number;
      readonly totalFiles?: number;
      readonly totalBytes?: number;
      readonly totalKnown: boolean;
      /** When reading: how much there is to read of the target. */
      readonly totalVolumes?: number;
      readonly totalStoredBytes?: number;
    }
  | { readonly type: "volume.stored"; readonly name: string; readonly number: number; readonly size: number }
  | { readonly type: "volume.read"; readonly name: string; readonly number: number; readonly size: number }
  | { readonly type: "object.stored"; readonly name: string; readonly size: number }
  /** An object is gone from the target. */
  | { readonly type: "object.deleted"; readonly name: string }
  /** A verified object differs from the local one. */
  | { readonly type: "difference"; readonly path: BytePath; readonly difference: TreeDifference }
  /** Metadata that the archive directory lacked was copied there. */
  | { readonly type: "metadata.copied"; readonly name: string }
  /** `attempt` is the one that failed, counted from 1; another one follows. */
  | { readonly type: "retry"; readonly operation: string; readonly attempt: number; readonly detail: string }
  /** What the listing of the target shows, before anything is done: `lastFull` of the newest chain. Once a run at most. */
  | {
      readonly type: "collection.read";
      readonly lastFull?: Date;
      readonly incompleteSets: readonly (readonly string[])[];
      readonly orphanedSets: readonly (readonly string[])[];
      readonly orphanedSignatures: readonly string[];
      /** The same in the archive directory. */
      readonly orphanedLocalSignatures: readonly string[];
      /** The archive directory has the metadata of all complete sets, and no other. */
      readonly synchronized: boolean;
    }
  /** A full backup is made although an increment was possible or asked for. */
  | { readonly type: "full.forced"; readonly why: "too-old" | "no-signatures" }
  /** An interrupted run is gone on with, from volume `from` on; `lost`: volumes that its manifest names and the target lacks. */
  | {
      readonly type: "run.resumed";
      readonly kind: "full" | "inc";
      readonly time: Date;
      readonly from: number;
      readonly lost: number;
      readonly after?: { readonly path: BytePath; readonly block?: number };
    }
  | { readonly type: "debug"; readonly detail: string }
  | { readonly type: "run.finished"; readonly kind: RunKind; readonly incomplete: number };
