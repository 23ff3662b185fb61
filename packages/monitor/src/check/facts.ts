import type { Encoding, SetId } from "@doppel/format";
import type { Memory, ReceiptDigest, Recipients, RememberedSet } from "../state/memory.ts";

/** What one look at a target has found. */
export interface Facts {
  readonly now: Date;
  /** Newest first: all with a manifest, and those that had one when they were seen before. */
  readonly sets: readonly SetFacts[];
  /** Without a manifest, newest first. */
  readonly unfinished: readonly { readonly end: Date; readonly objects: number; readonly lastStored: Date }[];
  /** Uploads that have begun and not ended, where the target tells. */
  readonly uploads: readonly { readonly name: string; readonly begun: Date }[];
  /** Complete increments that continue nothing. */
  readonly orphaned: readonly Date[];
  /** One line each. */
  readonly conflicts: readonly string[];
  /** All objects, also those of no backup. */
  readonly objects: number;
  readonly bytes: number;
  readonly memory: Memory;
  /** After how many days the bucket forgets, as the bucket itself says. */
  readonly expireDays?: number;
  /** What could not be looked at, one line each: it does not make the rest unknown. */
  readonly unseen: readonly string[];
}

export interface SetFacts {
  readonly id: SetId;
  /** Those before it in its chain, oldest first; undefined when it is in none. */
  readonly after?: readonly SetFacts[];
  readonly encoding: Encoding;
  readonly storedBytes: number;
  /** When its first object was stored; undefined when the target does not tell. */
  readonly firstStored?: Date;
  readonly lastStored?: Date;
  readonly damage: readonly Damage[];
  /** Not seen by an earlier check. */
  readonly isNew: boolean;
  readonly receipt?: ReceiptDigest;
  /** As its first volume says, when that was read. */
  readonly recipients?: Recipients;
}

/** What is wrong with one object of a set. */
export interface Damage {
  readonly name: string;
  readonly role: "volume" | "signatures" | "manifest" | "index" | "receipt";
  readonly what: "missing" | "size" | "stored-again";
  /** For people: `has 12 bytes instead of 4,000`. */
  readonly text: string;
}

/** Sets of the memory are recognised by this. */
export function keyOf({ kind, start, end }: SetId | RememberedSet): string {
  return `${kind} ${start.getTime()} ${end.getTime()}`;
}
