import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { type BytePath, DoppelError, type PathEntry } from "@doppel/base";
import { type SigtarItem, SigtarReader } from "@doppel/format";
import { SearchWindow, SignatureParser, type SignatureTable } from "@doppel/rsync";
import { PathMerge } from "../read/path-merge.ts";

/** One object of the state that an increment builds upon. */
export interface OldEntry {
  readonly entry: PathEntry;
  /** Whether there is a signature to make a delta from; the size in `entry` is then the signature's. */
  readonly isFile: boolean;
}

/** The signature of one file, of which no more is held than a window. */
export interface OldSignature {
  /** What to search at first. */
  readonly table: SignatureTable;
  /** What to search from `position` in the new file on, if it is not what it was; the part before is gone then. Positions ascend. */
  readonly moveTo: (position: number) => Promise<SignatureTable> | undefined;
}

/**
 * Bytes of signature that are held: 4 Mi blocks of stock's, whose index takes 32 MiB more, so that the increment of any file stays
 * under 250 MB. In stock's blocks of 2048 that is 8 GiB of a file; of a longer one, what has moved by over 2 GiB is not found.
 */
const WINDOW_BYTES = 48 << 20;

/**
 * The state that a chain of signature archives describes, entry by entry in format order: per path the newest archive wins
 * completely, and `deleted` is absent (spec 4.2). Nothing is held but one entry of each archive.
 */
export class OldState {
  readonly #lanes: readonly SignatureLane[];
  readonly #merge: PathMerge<SignatureLane>;
  #current: SignatureLane | undefined;
  /** How many of the lanes that are `here` have been moved on. */
  #moved = 0;
  readonly #window: SearchWindow;

  /** @param files gzip signature archives as the archive directory holds them: the full set's first, then in order */
  constructor(files: readonly string[], windowBytes = WINDOW_BYTES) {
    this.#window = new SearchWindow(windowBytes);
    this.#lanes = files.map((file) => new SignatureLane(file));
    this.#merge = new PathMerge(this.#lanes);
  }

  /**
   * The next entry, or undefined after the last; a promise of it only when more of an archive has to be read. To wait for
   * each of them would cost as much as to read them.
   */
  next(): OldEntry | undefined | Promise<OldEntry | undefined> {
    for (;;) {
      const { here } = this.#merge;
      for (; this.#moved < here.length; this.#moved++) {
        const lane = here[this.#moved]!;
        if (!lane.next()) return this.#nextAfterReading(lane);
      }
      this.#moved = 0;
      this.#current = this.#merge.next().at(-1);
      const item = this.#current?.item;
      if (!item) return undefined;
      if (item.kind !== "deleted") return { entry: item.entry, isFile: item.kind === "signature" };
    }
  }

  async #nextAfterReading(lane: SignatureLane): Promise<OldEntry | undefined> {
    await lane.read();
    return this.next();
  }

  /** The signature of the entry that `next` gave last, until the next one is asked for. @throws rsync.bad-signature */
  async signature(): Promise<OldSignature> {
    if (!this.#current) throw new Error("there is no current entry");
    return this.#current.signature(this.#window);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }
}

type EntryItem = Extract<SigtarItem, { type: "entry" }>;

/** One archive, read as far as it is asked for. */
class SignatureLane {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #reader: SigtarReader;
  #items: SigtarItem[] = [];
  #at = 0;
  #ended = false;
  item: EntryItem | undefined;

  constructor(file: string) {
    this.#reader = new SigtarReader({ name: file });
    this.#chunks = gunzipped(file);
  }

  get path(): BytePath | undefined {
    return this.item?.entry.path;
  }

  /** Moves on to the next entry, or behind the last. False: more has to be read first. */
  next(): boolean {
    while (this.#at < this.#items.length) {
      const item = this.#items[this.#at++]!;
      if (item.type !== "entry") continue; // content that nobody asked for
      this.item = item;
      return true;
    }
    if (this.#ended) this.item = undefined;
    return this.#ended;
  }

  async signature(window: SearchWindow): Promise<OldSignature> {
    const parser = new SignatureParser({ window });
    const table = await this.#fill(parser);
    return { table, moveTo: (position) => (parser.moveTo(position) ? this.#moveTo(position, parser) : undefined) };
  }

  async #moveTo(position: number, parser: SignatureParser): Promise<SignatureTable> {
    for (;;) {
      const table = await this.#fill(parser);
      if (!parser.moveTo(position)) return table;
    }
  }

  async #fill(parser: SignatureParser): Promise<SignatureTable> {
    while (!parser.isFull) {
      while (this.#at === this.#items.length && !this.#ended) await this.read();
      const item = this.#items[this.#at++];
      if (!item || item.type !== "data") return parser.finish();
      parser.update(item.bytes);
    }
    return parser.table;
  }

  /** More items: those before have been taken. */
  async read(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    this.#at = 0;
    if (done) {
      this.#ended = true;
      this.#reader.finish();
      this.#items = [];
    } else this.#items = this.#reader.update(value);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

async function* gunzipped(file: string): AsyncGenerator<Uint8Array> {
  const input = createReadStream(file);
  const inflater = createGunzip({ chunkSize: 1 << 18 });
  input.on("error", (error) => inflater.destroy(error));
  input.pipe(inflater);
  try {
    for await (const chunk of inflater) yield chunk as Uint8Array;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the local copy ${file} of a backup's signatures is damaged (${reason}); delete it, and it is fetched from the target again`;
    throw new DoppelError("format.bad-set", message, { set: file, reason }, error);
  } finally {
    input.destroy();
    inflater.destroy();
  }
}
