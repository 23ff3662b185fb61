import type { BytePath } from "@doppel/base";
import type { NamePrefixes } from "@doppel/format";
import type { ThawOptions } from "@doppel/storage";

/** What a test restore takes. */
export interface DrillJob {
  /** The state as of this time; undefined: the latest. */
  readonly time?: Date;
  /** Random files. */
  readonly files: number;
  /** The same seed chooses the same files of the same backup. */
  readonly seed: number;
  /** Restored in any case, with all that is below them. */
  readonly paths: readonly BytePath[];
  /** Parts of volumes will do, where sets have an index. */
  readonly useIndex: boolean;
  readonly thaw?: ThawOptions;
  readonly prefixes: NamePrefixes;
}

export interface DrillReport {
  /** Label of the storage. */
  readonly target: string;
  readonly seed: number;
  /** Of the state that was restored. */
  readonly set: Date;
  /** Regular files in it, of which those up to `largest` bytes may be chosen. */
  readonly filesInBackup: number;
  readonly largest: number;
  /** Entries that were restored and compared: files, and folders and links below named paths. */
  readonly entries: number;
  readonly files: number;
  /** Their content. */
  readonly bytes: number;
  /** Their names, ascending: the random ones and the named ones. */
  readonly paths: readonly BytePath[];
  /** Whether every content was compared with the SHA-256 of an index; otherwise the hashes of whole volumes vouch for it. */
  readonly digests: boolean;
  /** Volumes that were read whole, to check them and to measure. */
  readonly volumes: number;
  /** Their stored bytes, and how long that took. */
  readonly volumeBytes: number;
  readonly volumeSeconds: number;
  /** The whole drill. */
  readonly seconds: number;
  /** Stored bytes of all volumes of the state. */
  readonly wholeBytes: number;
  /** What a whole restore may take, from the rate of these volumes; undefined when it was too fast to be measured. */
  readonly wholeSeconds?: number;
  /** What is not as it should be, a line each. */
  readonly problems: readonly string[];
  /** What is worth knowing, a line each. */
  readonly warnings: readonly string[];
}
