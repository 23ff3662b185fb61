import type { NamePrefixes, SetId } from "@doppel/format";
import type { Sample } from "../objects/sample.ts";

export interface CheckJob {
  readonly prefixes: NamePrefixes;
  /**
   * true: manifests are opened, volumes are compared with their hashes in them, signatures and indexes are read to their end. false:
   * what can be seen from outside, for who has no key.
   */
  readonly withKey: boolean;
  /** Of the objects that are read whole. Manifests are read in any case where there is a key. */
  readonly sample: Sample;
  /** 0 to 2^32 - 1: the same one chooses the same of the same objects. Undefined: any, or that of the check that is gone on with. */
  readonly seed?: number;
  /** Objects that are read at a time, at least 1. */
  readonly parallel: number;
  /** A file that remembers which objects were found sound, so that a check that was stopped goes on. Gone when one has ended. */
  readonly stateFile?: string;
}

/** Something that is not as it should be. */
export interface CheckFinding {
  /** "problem": something is lost or damaged. "warning": everything can be restored as far as was seen, but somebody should look. */
  readonly severity: "problem" | "warning";
  readonly kind:
    | "missing"
    | "size"
    | "bytes"
    | "unnamed"
    | "unreadable"
    | "structure"
    | "trailing"
    | "archived"
    | "copy"
    | "receipt"
    | "gone"
    | "unfinished"
    | "orphaned"
    | "conflict"
    | "foreign";
  /** The object or file that it is about. */
  readonly name: string;
  /** A phrase for a person, without the name. */
  readonly detail: string;
}

/** A backup as it was found. Sizes in bytes. */
export interface CheckedSet {
  readonly id: SetId;
  readonly objects: number;
  readonly bytes: number;
  /** Objects that were read whole, and found sound or not; those of an interrupted check are not counted. */
  readonly read: number;
  readonly readBytes: number;
  /** Found sound by the check that was interrupted. */
  readonly readBefore: number;
  readonly findings: readonly CheckFinding[];
}

export interface CheckReport {
  readonly target: string;
  readonly withKey: boolean;
  readonly seed: number;
  /** By end time, oldest first. */
  readonly sets: readonly CheckedSet[];
  /** What is of no backup. */
  readonly foreign: readonly CheckFinding[];
  /** Of `sets`. */
  readonly objects: number;
  readonly bytes: number;
  readonly read: number;
  readonly readBytes: number;
  readonly readBefore: number;
  readonly problems: number;
  readonly warnings: number;
}
