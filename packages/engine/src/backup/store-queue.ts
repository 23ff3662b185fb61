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
 * Stores volumes while the next ones are built. The first failure surfaces at the next `add` or at `drain`, and after it
 * nothing more is begun. Volumes are disposed of here.
 */
export class StoreQueue {
  readonly #storage: Storage;
  readonly #runtime: Runtime;
  readonly #nameOf: (volume: number) => string;
  readonly #under: Set<Promise<void>> = new Set();
  #failure: { readonly error: unknown } | undefined;
  readonly #onStored: (volume: IndexedVolume) => void;
  readonly #journal: Journal | undefined;
  readonly #sabotage: BackupJob["sabotage"];
  /** Aborted by the first failure: what is stored behind a volume that is not would be of no use. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
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
    this.#signal = AbortSignal.any([options.runtime.signal, this.#stop.signal]);
    this.infos = [...options.kept];
    for (const { number, size } of options.kept) this.sizes.set(this.#nameOf(number), size);
  }

  /** Resolves when there is room for another volume. `sealing` is the volume's finish, possibly still under way. */
  async add(sealing: Promise<SealedVolume>, signatures?: JournalVolume["signatures"]): Promise<void> {
    const task = this.#store(sealing, signatures).catch((error: unknown) => {
      this.#failure ??= { error };
      this.#stop.abort(error);
    });
    this.#under.add(task);
    void task.then(() => this.#under.delete(task));
    const limit = this.#sabotage.failAfterVolume === undefined ? STORES_AT_ONCE : 1;
    while (this.#under.size >= limit) await Promise.race(this.#under);
    this.#check();
  }

  /** Resolves when everything is stored. */
  async drain(): Promise<readonly VolumeInfo[]> {
    await this.settle();
    this.#check();
    return this.infos.sort((a, b) => a.number - b.number);
  }

  /** Resolves when nothing is under way any more, well or badly. */
  async settle(): Promise<void> {
    await Promise.all(this.#under);
  }

  async #store(sealing: Promise<SealedVolume>, signatures: JournalVolume["signatures"]): Promise<void> {
    const volume = await sealing;
    try {
      if (this.#failure) return;
      const { info, cut, object } = volume;
      const { number } = info;
      const { size, body } = object;
      const name = this.#nameOf(number);
      await this.#journal?.sealed({ ...info, size, ...(signatures && { signatures }), ...(cut && { cut }) });
      if (number !== this.#sabotage.skipVolume) {
        if ("publish" in body) await body.publish(this.#signal);
        else await this.#storage.put(name, body, this.#signal);
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
