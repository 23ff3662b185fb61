import type { PathEntry, Runtime } from "@doppel/base";
import type { Notice } from "../read/left-out.ts";

const PROGRESS_EVERY_MS = 100;

/** Counts of a restore, and its events. */
export class RestoreTally {
  readonly #runtime: Runtime;
  readonly #verbose: boolean;
  #totalVolumes = 0;
  #totalStoredBytes = 0;
  #entry: PathEntry | undefined;
  #entryBytes = 0;
  #volumes = 0;
  #storedBytes = 0;
  #lastProgress = 0;
  files = 0;
  bytes = 0;
  incomplete = 0;

  constructor(runtime: Runtime, verbose: boolean) {
    this.#runtime = runtime;
    this.#verbose = verbose;
  }

  /** There is this much more to read. */
  expect(volumes: number, bytes: number): void {
    this.#totalVolumes += volumes;
    this.#totalStoredBytes += bytes;
  }

  notice(notice: Notice): void {
    if (notice.incomplete) this.incomplete++;
    this.#runtime.emit({ type: "notice", ...notice });
  }

  begin(entry: PathEntry): void {
    this.#entry = entry;
    this.#entryBytes = 0;
    this.files++;
  }

  data(bytes: number): void {
    this.#entryBytes += bytes;
    this.bytes += bytes;
    this.#progress();
  }

  end(): void {
    this.#progress();
    if (!this.#verbose || !this.#entry) return;
    const { path, type } = this.#entry;
    this.#runtime.emit({ type: "entry.done", path, entryType: type, size: this.#entryBytes });
  }

  volume(name: string, number: number, size: number): void {
    this.#volumes++;
    this.#storedBytes += size;
    this.#runtime.emit({ type: "volume.read", name, number, size });
  }

  #progress(): void {
    const now = this.#runtime.clock.now().getTime();
    if (now - this.#lastProgress < PROGRESS_EVERY_MS) return;
    this.#lastProgress = now;
    this.#runtime.emit({
      type: "progress",
      files: this.files,
      bytes: this.bytes,
      volumes: this.#volumes,
      storedBytes: this.#storedBytes,
      totalKnown: false,
      totalVolumes: this.#totalVolumes,
      totalStoredBytes: this.#totalStoredBytes,
    });
  }
}
