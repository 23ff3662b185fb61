import { DoppelError, type Runtime } from "@doppel/base";
import type { IndexedVolume, VolumeInfo } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { Journal, JournalVolume } from "../cache/journal.ts";
import type { BackupJob } from "../job.ts";
import type { SealedVolume } from "./volume.ts";

/** Volumes that may wait for the target or be on their way to it while the next one is built. */
const STORES_AT_ONCE = 2;

interface StoreQueueOptions {
  readonly storage: Storage;
  readonly runtime: Runtime;
  readonly nameOf: (volume: number) => string;
  /** Told how each volume lies in its object, as soon as it is stored. */
  readonly onStored: (volume: IndexedVolume) => void;
  readonly journal: Journal | undefined;
  /** Volumes that an interrupted run stored. */
  readonly kept: readonly JournalVolume[];
  readonly sabotage: BackupJob["sabotage"];
}

/**
 * Stores volumes while the next ones are built, and begins with each in the order of `add`, whichever is sealed first: a run that is
 * interrupted leaves no gap but that of the last ones, which were under way. The first failure surfaces at the next `add` or at
 * `drain`, and after it nothing more is begun. Volumes are disposed of here.
 */
export class StoreQueue {
  readonly #storage: Storage;
  readonly #runtime: Runtime;
  readonly #nameOf: (volume: number) => string;
  /** In the order of `add`. */
  readonly #under: Map<Promise<void>, AbortController> = new Map();
  /** Resolves when the volume before the next one to be added has begun to be stored, or never will. */
  #turn: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  readonly #onStored: (volume: IndexedVolume) => void;
  readonly #journal: Journal | undefined;
  readonly #sabotage: BackupJob["sabotage"];
  readonly infos: VolumeInfo[];
  /** Bytes by name, also of those that were kept. */
  readonly sizes = new Map<string, number>();
  storedBytes = 0;

  constructor(options: StoreQueueOptions) {
    this.#onStored = options.onStored;
    this.#storage = options.storage;
    this.#runtime = options.runtime;
    this.#nameOf = options.nameOf;
    this.#journal = options.journal;
    this.#sabotage = options.sabotage;
    this.infos = [...options.kept];
    for (const { number, size } of options.kept) this.sizes.set(this.#nameOf(number), size);
  }

  /** Resolves when there is room for another volume. `sealing` is the volume's finish, possibly still under way. */
  async add(sealing: Promise<SealedVolume>, signatures?: JournalVolume["signatures"]): Promise<void> {
    const turn = this.#turn;
    let begun!: () => void;
    this.#turn = new Promise((resolve) => (begun = resolve));
    const stop = new AbortController();
    const task = this.#store(sealing, signatures, { turn, begun, stop: stop.signal })
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#abortAfter(stop, error);
      })
      .finally(begun);
    this.#under.set(task, stop);
    void task.then(() => this.#under.delete(task));
    const limit = this.#sabotage.failAfterVolume === undefined ? STORES_AT_ONCE : 1;
    while (this.#under.size >= limit) await Promise.race(this.#under.keys());
    this.#check();
  }

  /** What is stored behind a volume that is not would be of no use; what is before it is what the next run goes on from. */
  #abortAfter(failed: AbortController, error: unknown): void {
    const stops = [...this.#under.values()];
    for (const stop of stops.slice(stops.indexOf(failed) + 1)) stop.abort(error);
  }

  /** Resolves when everything is stored. */
  async drain(): Promise<readonly VolumeInfo[]> {
    await this.settle();
    this.#check();
    return this.infos.sort((a, b) => a.number - b.number);
  }

  /** Resolves when nothing is under way any more, well or badly. */
  async settle(): Promise<void> {
    await Promise.all(this.#under.keys());
  }

  async #store(
    sealing: Promise<SealedVolume>,
    signatures: JournalVolume["signatures"],
    { turn, begun, stop }: { readonly turn: Promise<void>; readonly begun: () => void; readonly stop: AbortSignal },
  ): Promise<void> {
    const volume = await sealing;
    try {
      await turn;
      if (this.#failure) return;
      const signal = AbortSignal.any([this.#runtime.signal, stop]);
      const { info, cut, object } = volume;
      const { number } = info;
      const { size, body } = object;
      const name = this.#nameOf(number);
      await this.#journal?.sealed({ ...info, size, ...(signatures && { signatures }), ...(cut && { cut }) });
      if (number !== this.#sabotage.skipVolume) {
        const storing = "publish" in body ? body.publish(signal) : this.#storage.put(name, body, signal);
        begun();
        await storing;
      }
      this.infos.push(info);
      this.sizes.set(name, size);
      this.#onStored({ number, ...object.pieces });
      this.storedBytes += size;
      await this.#journal?.stored(number);
      this.#runtime.emit({ type: "volume.stored", name, number, size });
      if (number === this.#sabotage.failAfterVolume) throw sabotaged(number);
    } finally {
      await volume.object[Symbol.asyncDispose]();
    }
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

function sabotaged(volume: number): DoppelError {
  return new DoppelError("run.sabotaged", `AssertionError: Forced assertion for testing at volume ${volume}`, { volume });
}
