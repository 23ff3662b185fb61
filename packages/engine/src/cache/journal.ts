import { createHash } from "node:crypto";
import { type FileHandle, open, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { type BytePath, DoppelError, errnoOf } from "@doppel/base";
import { formatManifest, manifestName, type NamePrefixes, type SetId, signaturesName, type VolumeInfo } from "@doppel/format";
import type { CutFile } from "../workers/protocol.ts";
import type { ArchiveDir } from "./archive-dir.ts";

/** Both mean nothing to stock, and cleanup takes them for leftovers. */
export const JOURNAL = ".doppel-unfinished.journal";
export const JOURNAL_SIGNATURES = ".doppel-unfinished.signatures";

/** What a run is, as far as going on with it needs to know. */
interface JournalHead {
  readonly set: SetId;
  readonly hostname: BytePath;
  readonly localDir: BytePath;
  /** Equal when the next run would store and seal the same in the same way. */
  readonly job: string;
}

/** A volume of a run under way. */
export interface JournalVolume extends VolumeInfo {
  /** Of the stored object, bytes. */
  readonly size: number;
  /** How much of the signature archive, from its start, describes what the volumes up to this one hold; absent when not known. */
  readonly signatures?: { readonly bytes: number; readonly sha256: string };
  /** When a file goes on in the next volume. */
  readonly cut?: CutFile;
}

interface JournalOptions {
  readonly archive: ArchiveDir;
  readonly head: JournalHead;
  readonly prefixes: NamePrefixes;
  readonly random: { bytes(n: number): Uint8Array };
  /** Volumes that an interrupted run stored; and how many bytes of its signatures are in place and come again. */
  readonly kept: readonly JournalVolume[];
  readonly keptSignatureBytes: number;
  /** Called once: the run goes on, but nobody can go on where it stops. */
  readonly onProblem: (reason: string) => void;
}

/**
 * What the archive directory holds of a run while it is under way, so that the next one can go on with it.
 *
 * - The journal: each volume *before* it is stored, with its size. So whatever the target has is known, and no volume is ever
 *   stored again.
 * - The signatures so far, in plain. A volume's record holds how many of them belong to the volumes up to it, and their hash.
 * - `.manifest.part` as stock has it (spec 7.4), for stock. It redoes the last stored volume, and goes on at a piece's number
 *   times 64 KiB; our pieces are larger. So volumes are listed only where it would not go on within one of our cut files.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #volumes: JournalVolume[];
  readonly #stored = new Set<number>();
  readonly #hash = createHash("sha256");
  #hashed = 0;
  #written = 0;
  #signatures: FileHandle | undefined;
  #records: FileHandle | undefined;
  #partBytes = "";
  #tail: Promise<void> = Promise.resolve();
  #broken = false;

  private constructor(options: JournalOptions) {
    this.#options = options;
    this.#volumes = [...options.kept];
    for (const { number } of options.kept) this.#stored.add(number);
  }

  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    await journal.#run(async () => {
      const path = join(options.archive.path, JOURNAL_SIGNATURES);
      if (options.keptSignatureBytes > 0) await truncate(path, options.keptSignatureBytes);
      journal.#signatures = await open(path, options.keptSignatureBytes > 0 ? "r+" : "w+", 0o600);
    });
    return journal;
  }

  /** More of the signature archive. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#run(async () => {
      const old = Math.max(0, Math.min(bytes.length, this.#options.keptSignatureBytes - this.#written));
      let at = old;
      while (at < bytes.length) {
        const { bytesWritten } = await this.#signatures!.write(bytes, at, bytes.length - at, this.#written + at);
        at += bytesWritten;
      }
      this.#written += bytes.length;
    });
  }

  /** What the next volume's record says of the signatures. In order of the volumes; all these bytes are written. */
  async checkpoint(bytes: number): Promise<JournalVolume["signatures"]> {
    let checkpoint: JournalVolume["signatures"];
    await this.#run(async () => {
      const buffer = Buffer.allocUnsafe(1 << 18);
      while (this.#hashed < bytes) {
        const part = buffer.subarray(0, Math.min(buffer.length, bytes - this.#hashed));
        const { bytesRead } = await this.#signatures!.read(part, 0, part.length, this.#hashed);
        if (bytesRead === 0) throw new Error("the signatures of this run became shorter");
        this.#hash.update(part.subarray(0, bytesRead));
        this.#hashed += bytesRead;
      }
      checkpoint = { bytes, sha256: this.#hash.copy().digest("hex") };
    });
    return checkpoint;
  }

  /** To be called before the volume is stored. */
  sealed(volume: JournalVolume): Promise<void> {
    return this.#run(async () => {
      const { archive, head, random } = this.#options;
      this.#volumes[volume.number - 1] = volume;
      await this.#signatures!.datasync();
      if (this.#records) {
        await this.#records.write(record(volume));
        await this.#records.datasync();
        return;
      }
      const known = Object.values(this.#volumes); // the next volume may be ready before this one
      const lines = [headLine(head), ...known.map(record), ...[...this.#stored].map(storedLine)].map((line) =>
        Buffer.from(line, "latin1"),
      );
      await archive.write(JOURNAL, chunks(lines), random);
      this.#records = await open(join(archive.path, JOURNAL), "a");
    });
  }

  /** To be called when all volumes are stored, before the signatures are. */
  complete({ size, sha256 }: StoredSignatures): Promise<void> {
    return this.#run(async () => {
      await this.#records?.write(`${JSON.stringify({ complete: size, sha256 })}\n`);
      await this.#records?.datasync();
    });
  }

  /** To be called when it is stored. */
  stored(number: number): Promise<void> {
    return this.#run(async () => {
      this.#stored.add(number);
      await this.#records?.write(storedLine(number)); // should it be lost, the volume is read when it is gone on with
      let count = 0;
      while (this.#stored.has(count + 1)) count++;
      await this.#list(this.#volumes.slice(0, listed(this.#volumes, count)));
    });
  }

  /** The run is done, or nobody shall go on with it. Best effort: what stays is told from a run by what the target has. */
  async remove(): Promise<void> {
    await this.close();
    const { archive, head, prefixes } = this.#options;
    const names = [manifestName(head.set, "plain", prefixes), signaturesName(head.set, "plain", prefixes)];
    await removeRemains(
      archive,
      names.map((name) => `${name}.part`),
    );
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#signatures?.close();
    await this.#records?.close();
    this.#signatures = undefined;
    this.#records = undefined;
    this.#broken = true;
  }

  async #list(volumes: readonly VolumeInfo[]): Promise<void> {
    const { archive, head, prefixes, random } = this.#options;
    // Of an increment stock needs the signatures, too: without them it takes it for a full set, and ends with an error.
    const text =
      volumes.length === 0 || head.set.kind === "inc" ? "" : Buffer.from(formatManifest({ ...head, volumes })).toString("latin1");
    if (text === this.#partBytes) return;
    this.#partBytes = text;
    const name = `${manifestName(head.set, "plain", prefixes)}.part`;
    if (text === "") await rm(join(archive.path, name), { force: true });
    else await archive.write(name, chunks([Buffer.from(text, "latin1")]), random);
  }

  /** One step after the other; after the first that fails there are no more. */
  #run(step: () => Promise<void>): Promise<void> {
    this.#tail = this.#tail.then(async () => {
      if (this.#broken) return;
      try {
        await step();
      } catch (error) {
        this.#broken = true;
        const reason = error instanceof DoppelError ? error.message : (errnoOf(error) ?? String(error));
        this.#options.onProblem(reason);
      }
    });
    return this.#tail;
  }
}

/** Removes what unfinished runs have left in the archive directory: the journal, and these files of stock. */
export async function removeRemains(archive: ArchiveDir, parts: readonly string[]): Promise<void> {
  for (const name of [JOURNAL, JOURNAL_SIGNATURES, ...parts]) {
    await rm(join(archive.path, name), { force: true }).catch(() => {});
  }
}

/** How many of `stored` volumes stock may know of: it keeps all but the last one that the target has. */
function listed(volumes: readonly VolumeInfo[], stored: number): number {
  const isSafe = (count: number): boolean => count > 0 && volumes[count - 1]!.end.block === undefined;
  if (stored > 1 && !isSafe(stored - 1)) return 0;
  return isSafe(stored) ? stored : Math.max(0, stored - 1);
}

function headLine({ set: { kind, start, end }, hostname, localDir, job }: JournalHead): string {
  return `${JSON.stringify({ doppel: 1, kind, start: start.getTime(), end: end.getTime(), hostname, localDir, job })}\n`;
}

function storedLine(number: number): string {
  return `${JSON.stringify({ stored: number })}\n`;
}

function record({ hashes, ...volume }: JournalVolume): string {
  return `${JSON.stringify({ ...volume, hashes: Object.fromEntries(hashes) })}\n`;
}

async function* chunks(list: readonly Uint8Array[]) {
  yield* list;
}

/** What a journal tells. */
export interface ReadJournal {
  readonly head: JournalHead;
  readonly volumes: readonly JournalVolume[];
  /** Volumes that the target has taken. Of the others nobody knows whether what is there under their names is theirs. */
  readonly stored: ReadonlySet<number>;
  /** There are no more volumes; how the signatures are stored, or were about to be. */
  readonly complete?: StoredSignatures;
}

/** The sealed signature archive. */
export interface StoredSignatures {
  /** Bytes. */
  readonly size: number;
  readonly sha256?: string;
}

type Row =
  | { readonly stored: number }
  | { readonly complete: number; readonly sha256?: string }
  | (Omit<JournalVolume, "hashes"> & { readonly hashes: Record<string, string> });

function completeOf({ complete, sha256 }: Extract<Row, { complete: number }>): StoredSignatures {
  return { size: complete, ...(sha256 !== undefined && { sha256 }) };
}

/** A journal as it was left: its last line may be torn. Undefined when it is none. */
export function parseJournal(bytes: Uint8Array): ReadJournal | undefined {
  const lines = Buffer.from(bytes).toString("latin1").split("\n").slice(0, -1);
  try {
    const { doppel, kind, start, end, hostname, localDir, job } = JSON.parse(lines[0] ?? "");
    const set = { kind, start: new Date(start), end: new Date(end) } as SetId;
    if (doppel !== 1 || Number.isNaN(set.start.getTime()) || Number.isNaN(set.end.getTime())) return undefined;
    const volumes: JournalVolume[] = [];
    const stored = new Set<number>();
    let complete: StoredSignatures | undefined;
    for (const line of lines.slice(1)) {
      const row = JSON.parse(line) as Row;
      if ("stored" in row) {
        stored.add(row.stored);
        continue;
      }
      complete = "complete" in row ? completeOf(row) : undefined;
      if ("complete" in row) continue;
      const { hashes, ...volume } = row;
      if (!(volume.number >= 1 && volume.number <= lines.length)) return undefined;
      volumes[volume.number - 1] = { ...volume, hashes: new Map(Object.entries(hashes)) };
    }
    // Two volumes are sealed at once, so that the last record may be that of the second next.
    const gap = volumes.findIndex((volume) => volume === undefined);
    const whole = gap < 0 ? volumes : volumes.slice(0, gap);
    return { head: { set, hostname, localDir, job }, volumes: whole, stored, ...(complete !== undefined && { complete }) };
  } catch {
    return undefined;
  }
}

/** Whether that is what this journal's run left for stock, and nobody has gone on with it since. */
export function isPartOf({ head, volumes }: ReadJournal, part: Uint8Array): boolean {
  const whole = Buffer.from(formatManifest({ ...head, volumes }));
  return part.length <= whole.length && whole.subarray(0, part.length).equals(part);
}
