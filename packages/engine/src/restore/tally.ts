import { type BytePath, displayPath, type PathEntry, type Runtime } from "@doppel/base";
import type { Notice } from "../read/left-out.ts";
import type { LossError, LostVolume } from "../read/lost/loss.ts";
import type { LostEntry } from "../read/state.ts";

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
  readonly #told = new Set<string>();
  files = 0;
  bytes = 0;
  incomplete = 0;
  /** Paths whose state cannot be had. */
  lost = 0;
  badVolumes = 0;
  /** Something may be lost that has no name here. */
  isUnsure = false;

  constructor(runtime: Runtime, verbose: boolean) {
    this.#runtime = runtime;
    this.#verbose = verbose;
  }

  /** All that there are to read. */
  get volumes(): number {
    return this.#totalVolumes;
  }

  /** All that there is to read, as it is stored. */
  get storedBytes(): number {
    return this.#totalStoredBytes;
  }

  /** There is this much more to read. */
  expect(volumes: number, bytes: number): void {
    this.#totalVolumes += volumes;
    this.#totalStoredBytes += bytes;
  }

  /** What there is to read is counted anew: it is read in another way. */
  beginAgain(): void {
    [this.#totalVolumes, this.#totalStoredBytes, this.#volumes, this.#storedBytes] = [0, 0, 0, 0];
  }

  notice(notice: Notice): void {
    if (notice.reason === "metadata") {
      if (this.#told.has(notice.detail)) return; // it was met in another pass
      this.#told.add(notice.detail);
    }
    if (notice.incomplete) this.incomplete++;
    this.#runtime.emit({ type: "notice", ...notice });
  }

  lostEntry({ path, lost, detail }: LostEntry): void {
    this.lost++;
    this.notice({ reason: lost, path, incomplete: true, detail });
  }

  /** The entry in hand is not restored after all. */
  takeBack(): void {
    this.files--;
    this.bytes -= this.#entryBytes;
    this.#entry = undefined;
  }

  /** The entry in hand turns out to be lost. */
  giveUp(path: BytePath, error: LossError): void {
    this.takeBack();
    const reason = "reason" in error.data ? error.data.reason : error.message;
    this.lostEntry({ path, lost: "lost", detail: `lost: its content cannot be put together (${reason})` });
  }

  lostVolume({ error, bounds: { start, end }, beside = false, hasIndex = false }: LostVolume, exactly: boolean): void {
    if (beside && exactly) return this.notice({ reason: "volume", incomplete: false, detail: error.message, cause: error });
    this.badVolumes++;
    if (!exactly) this.isUnsure = true;
    const span = `${displayPath(start)} to ${displayPath(end)}`;
    const rest = "what else it held is not known, because its set has neither signatures nor an index that can be used";
    const hint = hasIndex ? "; files of it that are not in the damaged place come back one by one, with restore -r PATH" : "";
    const detail = exactly ? `${error.message}${hint}` : `${error.message}; it held paths from ${span}: ${rest}${hint}`;
    this.notice({ reason: "volume", incomplete: true, detail, cause: error });
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
