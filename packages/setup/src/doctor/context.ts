import type { BytePath, Runtime } from "@doppel/base";
import type { StatusReport, StoredReceipt } from "@doppel/engine/internal";
import type { Recipient } from "@doppel/openpgp";
import type { AttemptResult, BucketAdmin } from "@doppel/storage";
import type { ExplainedRules } from "@doppel/tree";
import type { Finding } from "./finding.ts";

/** A question. What it throws as a DoppelError becomes a finding. */
export type Check = (context: DoctorContext) => Promise<readonly Finding[]>;

/** Of what checks find out for each other: asked for once, and the answer kept. */
type Once<T> = () => Promise<T>;

/** All that checks look at. Paths are absolute. */
export interface DoctorContext {
  readonly runtime: Pick<Runtime, "clock" | "maker" | "random" | "signal">;
  /** Nothing is written anywhere, not even a canary. */
  readonly dryRun: boolean;
  /** This machine is the one that backs up, so that its credentials have to be those of a writer. */
  readonly isServer: boolean;
  readonly target: Target;
  readonly backups: Backups;
  readonly encryption: Encryption;
  readonly machine: Machine;
  /** What is backed up; undefined when nobody has said. */
  readonly source?: Source;
}

export interface Target {
  /** Without secrets. */
  readonly label: string;
  /** Opens and lists it. @returns how many objects there are, without canaries of ours */
  readonly list: Once<number>;
  /** Of a folder of this machine. */
  readonly folder?: BytePath;
  readonly bucket?: { readonly tryAsThief: Once<readonly AttemptResult[]>; readonly admin: Once<BucketAdmin> };
}

interface Backups {
  readonly status: Once<StatusReport>;
  readonly readReceipt: (name: string) => Promise<StoredReceipt>;
  /** When one is due: the newest is to be from then or later. */
  readonly dueSince?: Date;
  /** Whether only full ones are to be made. */
  readonly fullOnly: boolean;
  /** Whether each set has to have a receipt. */
  readonly receiptsRequired: boolean;
  /** Whether receipts have to be signed: the key that they are to be signed by is known. */
  readonly receiptsSigned: boolean;
}

/** How backups are to be encrypted. `unknown`: nobody has said. */
export type Encryption =
  | { readonly kind: "keys"; readonly keys: readonly PublicKey[]; readonly pinned: readonly string[]; readonly isSigned: boolean }
  | { readonly kind: "passphrase" | "none" | "unknown" };

export interface PublicKey {
  /** As the user named it. */
  readonly query: string;
  /** The file that holds it, when it is one. */
  readonly file?: string;
  /** @throws openpgp.* */
  readonly recipient: Once<Recipient>;
  /** The key as a file. @throws openpgp.* */
  readonly bytes: Once<Uint8Array>;
}

interface Machine {
  readonly doppel: string;
  readonly node: string;
  readonly gpgBinary: string;
  /** For programs that are run. */
  readonly env: Readonly<Record<string, string>>;
  /** gpg's folders, of whoever may have a keyring here. */
  readonly gnupgHomes: readonly string[];
  /** Where secret keys may have been left as files. */
  readonly keyFolders: readonly string[];
  /** It is one that restores: nothing is backed up from here, and its profile names a secret key. */
  readonly isToDecrypt: boolean;
  /** @throws temp.unusable */
  readonly tempDir: () => string;
  readonly archiveDir: string;
  /** Of one volume that waits to be stored. */
  readonly volumeBytes: number;
}

export interface Source {
  readonly path: BytePath;
  /** @throws rules.* */
  readonly rules: () => ExplainedRules;
  readonly copyLinks: boolean;
}
