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
  /** In what way, in one word. New ones may come. */
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
  /** Which backup. */
  readonly id: SetId;
  /** Its objects, at the target. */
  readonly objects: number;
  /** Of all its objects. */
  readonly bytes: number;
  /** Objects that were read whole, and found sound or not; those of an interrupted check are not counted. */
  readonly read: number;
  /** Of the objects that were read. */
  readonly readBytes: number;
  /** Found sound by the check that was interrupted. */
  readonly readBefore: number;
  /** What is wrong with it; empty when nothing is, as far as was looked. */
  readonly findings: readonly CheckFinding[];
}

/** What a check has found. Sizes in bytes. */
export interface CheckReport {
  /** The URL without secrets. */
  readonly target: string;
  /** Whether manifests were opened; without, only what can be seen from outside was looked at. */
  readonly withKey: boolean;
  /** With which the sample was drawn, 0 to 2^32 - 1. */
  readonly seed: number;
  /** By end time, oldest first. */
  readonly sets: readonly CheckedSet[];
  /** What is of no backup. */
  readonly foreign: readonly CheckFinding[];
  /** Of `sets`. */
  readonly objects: number;
  /** Of these objects. */
  readonly bytes: number;
  /** Of these, those that were read whole. */
  readonly read: number;
  /** Of those that were read. */
  readonly readBytes: number;
  /** Found sound by the check that was interrupted before this one. */
  readonly readBefore: number;
  /** Findings of this severity, in all. */
  readonly problems: number;
  /** Findings of this severity, in all. */
  readonly warnings: number;
}
