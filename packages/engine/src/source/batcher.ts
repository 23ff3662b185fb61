import { concatBytes } from "@doppel/base";
import {
  CREDITS,
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
  #notices: SourceNotice[] = [];
  #digests: Uint8Array[] = [];
  counts: { -readonly [K in keyof SourceCounts]: number } = { ...NO_COUNTS };

  constructor(control: SharedArrayBuffer, send: (batch: SourceBatch, transfer: ArrayBuffer[]) => void) {
    this.#control = new Int32Array(control);
    this.#send = send;
  }

  /** The next tar bytes begin an entry. */
  mark(mark: Omit<EntryMark, "offset">): void {
    this.#marks.push({ ...mark, offset: this.#fill });
  }

  notice(notice: SourceNotice): void {
    this.#notices.push(notice);
    if (notice.incomplete) this.counts.errors++;
    // Notices carry paths; a tree where everything is unreadable must not collect them without end.
    if (this.#notices.length >= 1000) this.flush();
  }

  /** Tar bytes; copied. */
  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const space = this.space();
      const part = bytes.subarray(at, at + space.length);
      space.set(part);
      this.commit(part.length);
      at += part.length;
    }
  }

  zeros(count: number): void {
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
    this.#fill += count;
  }

  /** Signature archive bytes; kept, not copied. */
  appendSignature(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#signatures.push(bytes);
    this.#signatureBytes += bytes.length;
    if (this.#signatureBytes >= BATCH_BYTES) this.flush();
  }

  /** SHA-256 of the file whose content is complete now. */
  digest(sha256: Uint8Array): void {
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
