import { type Bound, END_OF_ARCHIVE, type TarPlace, type VolumeInfo } from "@doppel/format";
import { ROOT } from "@doppel/base";
import type { StagedObject } from "@doppel/storage";
import type { SealedObject, SealWriter } from "../seal/seal-writer.ts";
import type { Spool } from "../seal/spool.ts";
import type { CutFile, EntryMark } from "../workers/protocol.ts";

/** Where a volume's bytes go: to the target at once, where objects can grow there. */
export type VolumePlace = StagedObject | Spool;

/** A volume that is complete: what the manifest says of it, and its bytes. */
export interface SealedVolume {
  readonly info: VolumeInfo;
  readonly object: SealedObject<VolumePlace>;
  /** How much of a file is in it that goes on in the next volume. */
  readonly cut?: CutFile;
}

/** One difftar volume being built: tar entries in, with the bounds that go to the manifest (spec 2.3). */
export class VolumeBuilder {
  readonly number: number;
  readonly #writer: SealWriter<VolumePlace>;
  #start: Bound | undefined;
  #end: Bound | undefined;

  constructor(number: number, writer: SealWriter<VolumePlace>) {
    this.number = number;
    this.#writer = writer;
  }

  get isEmpty(): boolean {
    return this.#start === undefined;
  }

  /** What the volume would come to with so many more bytes of tar. */
  estimatedWith(waiting: number): number {
    return this.#writer.estimatedWith(waiting);
  }

  /** The entry that is written next, after as many bytes as are `waiting`; returns where it begins. */
  begin(mark: EntryMark, waiting: number): TarPlace {
    const bound = boundOf(mark);
    this.#start ??= bound;
    this.#end = bound;
    return { volume: this.number, offset: this.#writer.plainBytes + waiting };
  }

  write(tar: Uint8Array): Promise<void> {
    return this.#writer.write(tar);
  }

  /** Ends the tar archive properly, so that plain `tar x` is content (spec 3.1: accepted in every mode and place). */
  async finish(cut?: CutFile): Promise<SealedVolume> {
    await this.#writer.write(END_OF_ARCHIVE);
    const object = await this.#writer.finish();
    const hashes = new Map([
      ["SHA1", object.sha1],
      ["SHA256", object.sha256],
    ]);
    const nothing: Bound = { path: ROOT };
    const info = { number: this.number, start: this.#start ?? nothing, end: this.#end ?? nothing, hashes };
    return { info, object, ...(cut && { cut }) };
  }

  discard(): Promise<void> {
    return this.#writer.discard();
  }
}

/** The block number is that of the piece, and blank for the last piece of a file (spec 2.3). */
function boundOf(mark: EntryMark): Bound {
  return mark.piece !== undefined && !mark.lastPiece ? { path: mark.path, block: mark.piece } : { path: mark.path };
}
