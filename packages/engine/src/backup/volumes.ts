import type { Sealer } from "../seal/sealer.ts";
import type { EntryMark, SourceBatch } from "../workers/protocol.ts";
import { pieceBytesFor, VolumeCut } from "./cut.ts";
import type { SetIndex } from "./set-index.ts";
import type { StoreQueue } from "./store-queue.ts";
import { VolumeBuilder } from "./volume.ts";

/** Turns difftar bytes into volumes: decides at every entry whether it still goes into this one. */
export class Volumes {
  readonly #sealer: Sealer;
  readonly #queue: StoreQueue;
  readonly #cut: VolumeCut;
  readonly #pieceBytes: number;
  readonly #index: SetIndex;
  #current: VolumeBuilder | undefined;
  #count = 0;
  #closeNext = false;

  constructor(volumeBytes: number, sealer: Sealer, queue: StoreQueue, index: SetIndex) {
    this.#index = index;
    this.#sealer = sealer;
    this.#queue = queue;
    this.#cut = new VolumeCut(volumeBytes);
    this.#pieceBytes = pieceBytesFor(volumeBytes);
  }

  async write({ tar, marks, digests }: SourceBatch): Promise<void> {
    let at = 0;
    for (const mark of marks) {
      await this.#append(tar.subarray(at, mark.offset));
      at = mark.offset;
      await this.#begin(mark);
    }
    await this.#append(tar.subarray(at));
    await this.#index.digests(digests);
  }

  /** Closes the last volume; an empty set still has one (spec 3.2). */
  async finish(): Promise<void> {
    this.#current ??= await this.#open();
    await this.#close();
  }

  async discard(): Promise<void> {
    await this.#current?.discard();
    this.#current = undefined;
  }

  async #begin(mark: EntryMark): Promise<void> {
    const open = this.#current;
    if (open && !open.isEmpty && (this.#closeNext || this.#cut.closeBefore(open.estimatedBytes, mark.tarBytes)))
      await this.#close();
    this.#current ??= await this.#open();
    this.#index.place(mark, this.#current.begin(mark));
    this.#closeNext = mark.endsVolume;
  }

  async #append(tar: Uint8Array): Promise<void> {
    if (tar.length > 0) await this.#current?.write(tar);
  }

  async #open(): Promise<VolumeBuilder> {
    this.#count++;
    return new VolumeBuilder(this.#count, await this.#sealer.openVolume(this.#pieceBytes));
  }

  /** The volume's last pieces are still in work while the next one begins. */
  async #close(): Promise<void> {
    const volume = this.#current;
    this.#current = undefined;
    if (volume) await this.#queue.add(volume.finish());
  }
}
