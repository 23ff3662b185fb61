import type { MessagePort } from "node:worker_threads";
import { DoppelError, displayPath } from "@doppel/base";
import { FEED_WINDOW, type FeedAnswer, type FeedRequest } from "../workers/feed-protocol.ts";
import { FED } from "../workers/protocol.ts";
import type { FedItem, FedSource } from "./fed-source.ts";

/** Content goes over in parts of this size, however small the chunks are that it comes in: each message has its price (20 µs). */
const PART_BYTES = 1 << 18;

/** The conductor's side of a feed: pulls entries and content out of a program's source as the worker asks for them. */
export class Feed implements AsyncDisposable {
  readonly #entries: AsyncIterator<FedItem>;
  readonly #port: MessagePort;
  readonly #cells: Int32Array;
  readonly #fail: (error: unknown) => void;
  #item: FedItem | undefined;
  #window = FEED_WINDOW;
  #wake = (): void => {};
  #isOver = false;
  /** Of the entry or the content that is under way. */
  #work: Promise<void> = Promise.resolve();

  /** @param fail told what the source throws; the run has to end then */
  constructor(source: FedSource, port: MessagePort, control: SharedArrayBuffer, fail: (error: unknown) => void) {
    this.#entries = source[Symbol.asyncIterator]();
    this.#port = port;
    this.#cells = new Int32Array(control);
    this.#fail = fail;
    port.on("message", (request: FeedRequest) => this.#answer(request));
  }

  #answer(request: FeedRequest): void {
    if ("taken" in request) {
      this.#window += request.taken;
      this.#wake();
    } else this.#work = (request.ask === "entry" ? this.#entry() : this.#content()).catch((error: unknown) => this.#fail(error));
  }

  async #entry(): Promise<void> {
    this.#passOver();
    const { value, done } = await this.#entries.next();
    this.#item = done ? undefined : value;
    if (this.#item) this.#send({ kind: "entry", fed: { entry: this.#item.entry, sized: this.#item.sized } });
    else this.#send({ kind: "end" });
  }

  /** The content of the entry that was given last was not wanted, or was taken. */
  #passOver(): void {
    const item = this.#item;
    this.#item = undefined;
    item?.unused?.();
  }

  async #content(): Promise<void> {
    const { entry, sized, content } = this.#item!;
    this.#item = undefined;
    let part = new Uint8Array(PART_BYTES);
    let fill = 0;
    let total = 0;
    for await (const chunk of content?.() ?? []) {
      total += chunk.length;
      if (sized && total > entry.size) throw wrongSize(entry.path, entry.size, `more than that`);
      for (let at = 0; at < chunk.length; ) {
        const count = Math.min(part.length - fill, chunk.length - at);
        part.set(chunk.subarray(at, at + count), fill);
        [fill, at] = [fill + count, at + count];
        if (fill < part.length) continue;
        await this.#sendData(part);
        [part, fill] = [new Uint8Array(PART_BYTES), 0];
      }
      if (this.#isOver) return;
    }
    if (sized && total < entry.size) throw wrongSize(entry.path, entry.size, `${total}`);
    if (fill > 0) await this.#sendData(part.subarray(0, fill));
    this.#send({ kind: "content-end" });
  }

  async #sendData(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    while (this.#window <= 0 && !this.#isOver) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#window -= bytes.length;
    this.#send({ kind: "data", bytes }, [bytes.buffer]);
  }

  #send(answer: FeedAnswer, transfer: ArrayBuffer[] = []): void {
    if (this.#isOver) return;
    this.#port.postMessage(answer, transfer);
    Atomics.add(this.#cells, FED, 1);
    Atomics.notify(this.#cells, FED);
  }

  /** Nobody asks any more. The source is told (`return`), so that it can let go of what it has; how that ends is its own business. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#port.close();
    this.#wake();
    this.#passOver();
    // A generator cannot be ended while it works: it is, where it next gives something.
    void this.#work.then(() => this.#entries.return?.()).catch(() => {});
  }
}

function wrongSize(path: FedItem["entry"]["path"], size: number, actual: string): DoppelError {
  const shown = displayPath(path);
  const message = `the content of ${shown} has ${actual} bytes, and its entry says ${size}; leave size out where it is not known before`;
  return new DoppelError("source.bad-entry", message, { path: shown, reason: "size" });
}
