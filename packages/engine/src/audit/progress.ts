import type { Runtime } from "@doppel/base";

/** At most ten times a second. */
const EVERY_MS = 100;

/** Counts what is read, and tells it now and then. */
export class AuditProgress {
  readonly #objects: number;
  readonly #bytes: number;
  readonly #runtime: Pick<Runtime, "clock" | "emit">;
  #read = 0;
  #readBytes = 0;
  #last: number;

  /** @param objects  that are to be read; @param bytes  of them together */
  constructor(objects: number, bytes: number, runtime: Pick<Runtime, "clock" | "emit">) {
    this.#objects = objects;
    this.#bytes = bytes;
    this.#runtime = runtime;
    this.#last = runtime.clock.now().getTime();
  }

  /** So many bytes more; negative when an object is begun again. */
  data(bytes: number): void {
    this.#readBytes += bytes;
    const now = this.#runtime.clock.now().getTime();
    if (now - this.#last < EVERY_MS) return;
    this.#last = now;
    this.#runtime.emit({
      type: "progress",
      files: 0,
      bytes: this.#readBytes,
      volumes: this.#read,
      storedBytes: this.#readBytes,
      totalBytes: this.#bytes,
      totalKnown: true,
      totalVolumes: this.#objects,
    });
  }

  /** An object is done. */
  object(): void {
    this.#read++;
  }
}
