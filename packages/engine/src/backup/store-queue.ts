import type { Runtime } from "@doppel/base";
import type { IndexedVolume, VolumeInfo } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { SealedVolume } from "./volume.ts";

/** Volumes that may wait for the target or be on their way to it while the next one is built. */
const STORES_AT_ONCE = 2;

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
  readonly infos: VolumeInfo[] = [];
  /** Where things lie in the volumes that are stored. */
  readonly layouts: IndexedVolume[] = [];
  storedBytes = 0;

  constructor(storage: Storage, runtime: Runtime, nameOf: (volume: number) => string) {
    this.#storage = storage;
    this.#runtime = runtime;
    this.#nameOf = nameOf;
  }

  /** Resolves when there is room for another volume. `sealing` is the volume's finish, possibly still under way. */
  async add(sealing: Promise<SealedVolume>): Promise<void> {
    const task = this.#store(sealing).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#under.add(task);
    void task.then(() => this.#under.delete(task));
    while (this.#under.size >= STORES_AT_ONCE) await Promise.race(this.#under);
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

  async #store(sealing: Promise<SealedVolume>): Promise<void> {
    const volume = await sealing;
    try {
      if (this.#failure) return;
      const name = this.#nameOf(volume.info.number);
      await this.#storage.put(name, volume.object.body, this.#runtime.signal);
      this.infos.push(volume.info);
      this.layouts.push({ number: volume.info.number, ...volume.object.pieces });
      this.storedBytes += volume.object.body.size;
      this.#runtime.emit({ type: "volume.stored", name, number: volume.info.number, size: volume.object.body.size });
    } finally {
      await volume.object[Symbol.asyncDispose]();
    }
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
