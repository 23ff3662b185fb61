import { type BytePath, comparePaths } from "@doppel/base";
import type { Change } from "@doppel/format";
import type { SourceEntry } from "@doppel/tree";
import {
  CREDITS,
  type CutFile,
  type EntryMark,
  NO_COUNTS,
  type SourceBatch,
  type SourceCounts,
  type SourceNotice,
  STOP,
} from "../workers/protocol.ts";
import type { FolderTally } from "./folder-tally.ts";

/**
 * The memory of a batch: difftar bytes, and behind them signature bytes. Large enough that a message costs little (measured:
 * 64 KiB round trips cap at 0.4 GiB/s, 1 MiB at 1.3 GiB/s), and that a file of 1 MiB fits in with its header.
 */
const TAR_BYTES = (1 << 20) + (1 << 16);
const SIGNATURE_BYTES = 1 << 18;

/** How a batcher reaches the conductor. */
export interface Outlet {
  readonly send: (batch: SourceBatch, transfer: ArrayBuffer[]) => void;
  /** The memory of a batch that has been used up, if there is one. */
  readonly takeBack: () => ArrayBuffer | undefined;
}

const NOTHING = Buffer.alloc(0);

/** Thrown inside the worker when the conductor has asked it to stop. */
export class Stopped extends Error {}

/**
 * Collects difftar bytes, signatures and notices into batches and hands them over. When the conductor is behind, sending
 * waits right here, synchronously: nothing else runs in this thread, and that wait is the backpressure on reading.
 *
 * The memory of batches goes to and fro: as many as may be on their way, and one that is filled, are all there ever are
 * (measured: new memory for each batch took 1.4 of 6.7 CPU seconds for a corpus of 1 GB). It is transferred, not shared,
 * because V8 copies shared memory byte by byte where source and target are not aligned alike (measured: 1.3 GB/s, else 30).
 */
export class Batcher {
  readonly #outlet: Outlet;
  readonly #control: Int32Array;
  #tar: Buffer = NOTHING;
  #fill = 0;
  #signatures: Buffer = NOTHING;
  #signatureFill = 0;
  #signatureTotal = 0;
  #marks: EntryMark[] = [];
  #signaturesBefore = 0;
  #kept: Change[] = [];
  #held: { readonly path: BytePath; readonly inclusive: boolean } | undefined;
  #muted = false;
  #cut: CutFile | undefined;
  #notices: SourceNotice[] = [];
  /** One char per byte. */
  #digests = "";
  counts: { -readonly [K in keyof SourceCounts]: number } = { ...NO_COUNTS };
  readonly #folders: FolderTally | undefined;

  /** @param folders counts the source by folder, if somebody asked for it */
  constructor(control: SharedArrayBuffer, outlet: Outlet, folders?: FolderTally) {
    this.#folders = folders;
    this.#control = new Int32Array(control);
    this.#outlet = outlet;
    this.#begin();
  }

  /** From now on, of what is at or before `path` (or only before it) nothing but signatures goes out: volumes hold it already. */
  holdBack(path: BytePath, inclusive: boolean): void {
    this.#held = { path, inclusive };
  }

  /** What is stored and signed next belongs to this path. */
  nextPath(path: BytePath): void {
    this.#signaturesBefore = this.#signatureTotal;
    if (!this.#held) return;
    const order = comparePaths(path, this.#held.path);
    this.#muted = order < 0 || (order === 0 && this.#held.inclusive);
  }

  /** Counts an entry of the source. @param stored see {@link FolderTally.add} */
  count(entry: SourceEntry, size: number, stored: number | undefined): void {
    this.counts.entries++;
    this.counts.sourceBytes += size;
    this.#folders?.add(entry, size, stored);
  }

  /** The next tar bytes begin an entry. */
  mark(mark: Omit<EntryMark, "offset" | "signaturesBefore" | "cut">): void {
    if (this.#muted) {
      if (mark.type === "file" && mark.lastPiece) this.kept({ kind: mark.change, path: mark.path });
      return;
    }
    const { tarBytes, path, type, change, size, attributes, piece, lastPiece, endsVolume } = mark;
    const cut = this.#cut;
    this.#cut = undefined;
    const offset = this.#fill;
    const signaturesBefore = this.#signaturesBefore;
    // One after the other: a spread of them takes 3 µs.
    this.#marks.push({
      offset,
      tarBytes,
      path,
      type,
      change,
      size,
      attributes,
      piece,
      lastPiece,
      cut,
      signaturesBefore,
      endsVolume,
    });
  }

  /** A piece has ended, and another one of the same file will follow. */
  cut(cut: CutFile): void {
    this.#cut = cut;
  }

  /** A file that is in a volume already. */
  kept(change: Change): void {
    this.#kept.push(change);
    if (this.#kept.length >= 1000) this.flush();
  }

  notice(notice: SourceNotice): void {
    this.#notices.push(notice);
    if (notice.incomplete) this.counts.errors++;
    // Notices carry paths; a tree where everything is unreadable must not collect them without end.
    if (this.#notices.length >= 1000) this.flush();
  }

  /** Tar bytes; copied. */
  append(bytes: Uint8Array): void {
    if (this.#muted) return;
    for (let at = 0; at < bytes.length; ) {
      const space = this.space();
      const part = bytes.subarray(at, at + space.length);
      space.set(part);
      this.commit(part.length);
      at += part.length;
    }
  }

  zeros(count: number): void {
    if (this.#muted) return;
    while (count > 0) {
      const space = this.space();
      const part = Math.min(space.length, count);
      space.fill(0, 0, part);
      this.commit(part);
      count -= part;
    }
  }

  /** Where the next tar bytes may be written in place (never empty); then {@link commit} how many were. */
  space(): Uint8Array {
    if (this.#fill === TAR_BYTES) this.flush();
    return this.#tar.subarray(this.#fill);
  }

  commit(count: number): void {
    if (this.#muted) return;
    this.#fill += count;
  }

  /**
   * Where a whole entry may be written in place: so many bytes of tar, or a few more, in one piece, while so many bytes of
   * signatures can be appended without anything being sent. Undefined when that is more than a batch has, or when nothing
   * is wanted but signatures.
   */
  room(tarBytes: number, signatureBytes: number): Uint8Array | undefined {
    if (this.#muted || tarBytes > TAR_BYTES || signatureBytes > SIGNATURE_BYTES) return undefined;
    if (this.#fill + tarBytes > TAR_BYTES || this.#signatureFill + signatureBytes > SIGNATURE_BYTES) this.flush();
    return this.#tar.subarray(this.#fill);
  }

  /** Signature archive bytes; copied. */
  appendSignature(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const space = this.signatureSpace();
      const part = at === 0 && bytes.length <= space.length ? bytes : bytes.subarray(at, at + space.length);
      space.set(part);
      this.commitSignature(part.length);
      at += part.length;
    }
  }

  /** As {@link space}, for signatures. */
  signatureSpace(): Uint8Array {
    if (this.#signatureFill === SIGNATURE_BYTES) this.flush();
    return this.#signatures.subarray(this.#signatureFill);
  }

  commitSignature(count: number): void {
    this.#signatureFill += count;
    this.#signatureTotal += count;
  }

  /** SHA-256 of the file whose content is complete now, one char per byte. */
  digest(sha256: string): void {
    if (this.#muted) return;
    this.#digests += sha256;
  }

  /** Sends what there is. @param end nothing will follow. @throws Stopped */
  flush(end = false): void {
    this.#waitForCredit();
    const { counts } = this;
    this.#outlet.send(
      {
        kind: "batch",
        tar: this.#tar.subarray(0, this.#fill),
        signatures: this.#signatureFill > 0 ? [this.#signatures.subarray(0, this.#signatureFill)] : [],
        marks: this.#marks,
        digests: new Uint8Array(Buffer.from(this.#digests, "latin1")), // of Buffer's pool, all of which would be cloned
        kept: this.#kept,
        notices: this.#notices,
        counts: { ...counts },
        ...(end && this.#folders && { folders: this.#folders.totals() }),
      },
      [this.#tar.buffer as ArrayBuffer],
    );
    this.#begin();
  }

  #begin(): void {
    const memory = this.#outlet.takeBack() ?? new ArrayBuffer(TAR_BYTES + SIGNATURE_BYTES);
    this.#tar = Buffer.from(memory, 0, TAR_BYTES);
    this.#signatures = Buffer.from(memory, TAR_BYTES);
    this.#fill = 0;
    this.#signatureFill = 0;
    this.#marks = [];
    this.#kept = [];
    this.#notices = [];
    this.#digests = "";
  }

  #waitForCredit(): void {
    for (;;) {
      if (Atomics.load(this.#control, STOP) === 1) throw new Stopped();
      const credits = Atomics.load(this.#control, CREDITS);
      if (credits > 0) {
        Atomics.sub(this.#control, CREDITS, 1);
        return;
      }
      Atomics.wait(this.#control, CREDITS, credits);
    }
  }
}
