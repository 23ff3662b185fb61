import type { Sealer } from "../seal/sealer.ts";
import type { JournalVolume } from "../cache/journal.ts";
import type { EntryMark, SourceBatch } from "../workers/protocol.ts";
import { lagFor, pieceBytesFor, VolumeCut } from "./cut.ts";
import type { SetReceipt } from "../receipt/set-receipt.ts";
import type { SetIndex } from "./set-index.ts";
import type { StoreQueue } from "./store-queue.ts";
import { VolumeBuilder, type VolumePlace } from "./volume.ts";

/** Small entries are written together: each write has its price (50,000 of them took half a CPU second). */
const AT_ONCE = 1 << 15;

/** Told, in order, how much of the signature archive describes what the volumes so far hold. */
type Checkpoint = (signatures?: number) => Promise<JournalVolume["signatures"]>;

interface VolumesOptions {
  readonly volumeBytes: number;
  readonly sealer: Sealer;
  /** Where volume `number` goes. */
  readonly openPlace: (number: number) => Promise<VolumePlace>;
  readonly queue: StoreQueue;
  /** None when volumes are there that nobody can describe any more. */
  readonly index: SetIndex | undefined;
  readonly receipt: SetReceipt | undefined;
  /** Volumes that are stored already. */
  readonly after?: number;
  readonly checkpoint: Checkpoint;
}

/** Turns difftar bytes into volumes: decides at every entry whether it still goes into this one. */
export class Volumes {
  readonly #sealer: Sealer;
  readonly #queue: StoreQueue;
  readonly #cut: VolumeCut;
  readonly #pieceBytes: number;
  readonly #lag: number;
  readonly #openPlace: VolumesOptions["openPlace"];
  readonly #index: SetIndex | undefined;
  readonly #receipt: SetReceipt | undefined;
  readonly #checkpoint: Checkpoint;
  #current: VolumeBuilder | undefined;
  #count: number;
  #closeNext = false;

  constructor({ volumeBytes, sealer, openPlace, queue, index, receipt, after = 0, checkpoint }: VolumesOptions) {
    this.#index = index;
    this.#receipt = receipt;
    this.#count = after;
    this.#checkpoint = checkpoint;
    this.#sealer = sealer;
    this.#openPlace = openPlace;
    this.#queue = queue;
    this.#cut = new VolumeCut(volumeBytes);
    this.#pieceBytes = pieceBytesFor(volumeBytes);
    this.#lag = lagFor(volumeBytes);
  }

  async write({ tar, marks, digests }: SourceBatch): Promise<void> {
    let written = 0;
    const upTo = async (offset: number): Promise<void> => {
      if (offset > written) await this.#current?.write(tar.subarray(written, offset));
      written = offset;
    };
    for (const mark of marks) {
      if (mark.offset - written >= AT_ONCE) await upTo(mark.offset);
      if (this.#closesBefore(mark, mark.offset - written)) {
        await upTo(mark.offset);
        await this.#close(mark);
      }
      this.#current ??= await this.#open();
      const place = this.#current.begin(mark, mark.offset - written);
      this.#index?.place(mark, place);
      this.#receipt?.place(mark, place);
      this.#closeNext = mark.endsVolume;
    }
    await upTo(tar.length);
    await this.#index?.digests(digests);
  }

  /** Nothing has been stored, and nothing would be but an empty volume. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Closes the last volume; an empty set still has one (spec 3.2). */
  async finish(): Promise<void> {
    if (this.isEmpty) this.#current = await this.#open();
    await this.#close();
  }

  async discard(): Promise<void> {
    await this.#current?.discard();
    this.#current = undefined;
  }

  /** @param waiting bytes of the volume that are not written yet */
  #closesBefore(mark: EntryMark, waiting: number): boolean {
    const open = this.#current;
    if (!open || open.isEmpty) return false;
    return this.#closeNext || this.#cut.closeBefore(open.estimatedWith(waiting), mark.tarBytes);
  }

  async #open(): Promise<VolumeBuilder> {
    this.#count++;
    const place = await this.#openPlace(this.#count);
    return new VolumeBuilder(this.#count, await this.#sealer.openVolume(this.#pieceBytes, this.#lag, place));
  }

  /** The volume's last pieces are still in work while the next one begins. */
  async #close(next?: EntryMark): Promise<void> {
    const volume = this.#current;
    this.#current = undefined;
    if (!volume) return;
    const signatures = await this.#checkpoint(next?.signaturesBefore);
    await this.#queue.add(volume.finish(next?.cut), signatures);
  }
}
