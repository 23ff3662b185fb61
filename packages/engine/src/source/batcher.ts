import { type BytePath, comparePaths, concatBytes } from "@doppel/base";
import type { Change } from "@doppel/format";
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

/** Large enough that a message costs little (measured: 64 KiB round trips cap at 0.4 GiB/s, 1 MiB at 1.3 GiB/s). */
const BATCH_BYTES = 1 << 20;

/** Thrown inside the worker when the conductor has asked it to stop. */
export class Stopped extends Error {}

/**
 * Collects difftar bytes, signatures and notices into batches and hands them over. When the conductor is behind, sending
 * waits right here, synchronously: nothing else runs in this thread, and that wait is the backpressure on reading.
 */
export class Batcher {
  readonly #send: (batch: SourceBatch, transfer: ArrayBuffer[]) => void;
  readonly #control: Int32Array;
  #buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #fill = 0;
  #marks: EntryMark[] = [];
  #signatures: Uint8Array[] = [];
  #signatureBytes = 0;
  #signatureTotal = 0;
  #signaturesBefore = 0;
  #kept: Change[] = [];
  #held: { readonly path: BytePath; readonly inclusive: boolean } | undefined;
  #muted = false;
  #cut: CutFile | undefined;
  #notices: SourceNotice[] = [];
  #digests: Uint8Array[] = [];
  counts: { -readonly [K in keyof SourceCounts]: number } = { ...NO_COUNTS };

  constructor(control: SharedArrayBuffer, send: (batch: SourceBatch, transfer: ArrayBuffer[]) => void) {
    this.#control = new Int32Array(control);
    this.#send = send;
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

  /** The next tar bytes begin an entry. */
  mark(mark: Omit<EntryMark, "offset" | "signaturesBefore" | "cut">): void {
    if (this.#muted) {
      if (mark.type === "file" && mark.lastPiece) this.kept({ kind: mark.change, path: mark.path });
      return;
    }
    const cut = this.#cut && { cut: this.#cut };
    this.#cut = undefined;
    this.#marks.push({ ...mark, ...cut, offset: this.#fill, signaturesBefore: this.#signaturesBefore });
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
    if (this.#fill === BATCH_BYTES) this.flush();
    return this.#buffer.subarray(this.#fill);
  }

  commit(count: number): void {
    if (this.#muted) return;
    this.#fill += count;
  }

  /** Signature archive bytes; kept, not copied. */
  appendSignature(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#signatures.push(bytes);
    this.#signatureBytes += bytes.length;
    this.#signatureTotal += bytes.length;
    if (this.#signatureBytes >= BATCH_BYTES) this.flush();
  }

  /** SHA-256 of the file whose content is complete now. */
  digest(sha256: Uint8Array): void {
    if (this.#muted) return;
    this.#digests.push(sha256);
  }

  /** Sends what there is. @throws Stopped */
  flush(): void {
    this.#waitForCredit();
    const tar = this.#buffer.subarray(0, this.#fill);
    const { counts } = this;
    this.#send(
      {
        kind: "batch",
        tar,
        signatures: this.#signatures,
        marks: this.#marks,
        digests: concatBytes(this.#digests),
        kept: this.#kept,
        notices: this.#notices,
        counts: { ...counts },
      },
      [this.#buffer.buffer as ArrayBuffer],
    );
    this.#buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
    this.#fill = 0;
    this.#marks = [];
    this.#signatures = [];
    this.#signatureBytes = 0;
    this.#kept = [];
    this.#notices = [];
    this.#digests = [];
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
