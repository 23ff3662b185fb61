import { displayPath } from "@doppel/base";
import type {
  FolderCounts,
  IndexedVolume,
  Receipt,
  ReceiptEncryption,
  ReceiptObject,
  SetId,
  TarPlace,
  VolumeInfo,
} from "@doppel/format";
import type { BackupJob, Envelope, ReceiptOptions } from "../job.ts";
import type { FolderTotals } from "../source/folder-tally.ts";
import type { EntryMark, SourceCounts } from "../workers/protocol.ts";
import { FolderRatios } from "./folder-ratios.ts";
import type { ChainLink } from "./previous.ts";

const HIDDEN = "0".repeat(16);
/** Of a folder's name as it is shown; only what was wished deeper than the top can be longer. */
const MAX_NAME = 1000;

/** What the run knows at its end. */
export interface RunFacts {
  readonly started: Date;
  readonly finished: Date;
  readonly counts: SourceCounts;
  readonly notices: ReadonlyMap<string, number>;
}

/** The receipt of a set as it grows: objects as they are stored, folders from the source. */
export class SetReceipt {
  readonly #set: SetId;
  readonly #host: string;
  readonly #program: string;
  readonly #envelope: Envelope;
  readonly #ratios: FolderRatios;
  readonly #objects: ReceiptObject[] = [];
  #folders: readonly FolderTotals[] = [];

  constructor(set: SetId, job: Pick<BackupJob, "hostname">, envelope: Envelope, options: ReceiptOptions) {
    this.#set = set;
    this.#host = displayPath(job.hostname).slice(0, MAX_NAME);
    this.#envelope = envelope;
    this.#program = options.program;
    this.#ratios = new FolderRatios(options.folderDepth);
  }

  /** Where a tar entry begins. */
  place(mark: EntryMark, place: TarPlace): void {
    this.#ratios.place(mark, place);
  }

  /** How a volume lies in its object. */
  volume(volume: IndexedVolume): void {
    this.#ratios.stored(volume);
  }

  folders(folders: readonly FolderTotals[]): void {
    this.#folders = folders;
  }

  /** All volumes, in their order, also those that an interrupted run stored. @param sizes bytes by name */
  allVolumes(volumes: readonly VolumeInfo[], nameOf: (number: number) => string, sizes: ReadonlyMap<string, number>): void {
    for (const { number, hashes } of volumes) {
      const name = nameOf(number);
      const sha256 = hashes.get("SHA256");
      this.object("volume", { name, size: sizes.get(name) ?? 0, ...(sha256 !== undefined && { sha256 }) });
    }
  }

  /** In the order in which they shall be listed. */
  object(role: ReceiptObject["role"], object: Omit<ReceiptObject, "role">): void {
    this.#objects.push({ role, ...object });
  }

  finish({ started, finished, counts, notices }: RunFacts, link: ChainLink): Receipt {
    return {
      set: this.#set,
      host: this.#host,
      program: this.#program,
      started,
      finished,
      objects: this.#objects,
      encryption: encryptionOf(this.#envelope),
      counts: {
        entries: counts.entries,
        files: sum(this.#folders, ({ files }) => files),
        sourceBytes: counts.sourceBytes,
        newEntries: counts.new,
        changedEntries: counts.changed,
        deletedEntries: counts.deleted,
        contentBytes: counts.contentBytes,
        storedBytes: sum(this.#objects, ({ size }) => size),
        errors: counts.errors,
      },
      folders: this.#shown(),
      notices: Object.fromEntries(notices),
      ...link,
    };
  }

  /** Names that look the same to a person, and are not, are made to differ: a receipt has each name once. */
  #shown(): readonly FolderCounts[] {
    const names = new Set<string>();
    return this.#folders.map(({ folder, files, bytes, changedFiles, changedBytes }) => {
      let name = folder === undefined ? "…" : displayPath(folder).slice(0, MAX_NAME);
      while (names.has(name)) name += "'";
      names.add(name);
      const ratio = folder === undefined ? undefined : this.#ratios.of(folder);
      return { name, files, bytes, changedFiles, changedBytes, ...(ratio !== undefined && { ratio: rounded(ratio) }) };
    });
  }
}

function encryptionOf(envelope: Envelope): ReceiptEncryption {
  if (envelope.kind !== "gpg") return { kind: "none" };
  if (envelope.recipients.length === 0) return { kind: "passphrase" };
  return { kind: "keys", keyIds: envelope.recipients.map(({ keyId, hidden }) => (hidden ? HIDDEN : keyId.toUpperCase())) };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function rounded(ratio: number): number {
  return Math.round(ratio * 10_000) / 10_000;
}
