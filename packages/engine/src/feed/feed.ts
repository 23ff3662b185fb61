import type { MessagePort } from "node:worker_threads";
import { DoppelError, displayPath } from "@doppel/base";
import { FEED_PART_BYTES, FEED_PARTS, type FeedAnswer, type FeedRequest } from "../workers/feed-protocol.ts";
import { FED } from "../workers/protocol.ts";
import type { FedItem, FedSource } from "./fed-source.ts";

/** The conductor's side of a feed: pulls entries and content out of a program's source as the worker asks for them. */
export class Feed implements AsyncDisposable {
  readonly #entries: AsyncIterator<FedItem>;
  readonly #port: MessagePort;
  readonly #cells: Int32Array;
  readonly #fail: (error: unknown) => void;
  #item: FedItem | undefined;
  /** Of parts that are not on their way, and how many parts there are in all. */
  readonly #memory: ArrayBuffer[] = [];
  #parts = 0;
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
    if ("used" in request) {
      this.#memory.push(request.used);
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
    let part: Uint8Array<ArrayBuffer> | undefined;
    let fill = 0;
    let total = 0;
    for await (const chunk of content?.() ?? []) {
      total += chunk.length;
      if (sized && total > entry.size) throw wrongSize(entry.path, entry.size, `more than that`);
      for (let at = 0; at < chunk.length; ) {
        part ??= await this.#nextPart();
        if (!part) return; // nobody asks any more
        const count = Math.min(part.length - fill, chunk.length - at);
        part.set(chunk.subarray(at, at + count), fill);
        [fill, at] = [fill + count, at + count];
        if (fill < part.length) continue;
        this.#send({ kind: "data", bytes: part }, [part.buffer]);
        [part, fill] = [undefined, 0];
      }
      if (this.#isOver) return;
    }
    if (sized && total < entry.size) throw wrongSize(entry.path, entry.size, `${total}`);
    if (part) this.#send({ kind: "data", bytes: part.subarray(0, fill) }, [part.buffer]);
    this.#send({ kind: "content-end" });
  }

  /** Memory for more content, as soon as there is some; undefined when the feed is over. */
  async #nextPart(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (!this.#isOver) {
      const memory = this.#memory.pop();
      if (memory) return new Uint8Array(memory);
      if (this.#parts < FEED_PARTS) {
        this.#parts++;
        return new Uint8Array(FEED_PART_BYTES);
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return undefined;
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
