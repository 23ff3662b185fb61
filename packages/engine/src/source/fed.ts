import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { SourceEntry } from "@doppel/tree";
import type { FeedAnswer, FeedRequest } from "../workers/feed-protocol.ts";
import { FED, STOP } from "../workers/protocol.ts";
import { Stopped } from "./batcher.ts";
import type { FileToStore } from "./file.ts";
import type { StreamToStore } from "./stream.ts";

const NOTHING = new Uint8Array();

/** The worker's side of a feed: entries, and their content, as if they were read from a disk. */
export class FedEntries implements Iterable<SourceEntry> {
  readonly #port: MessagePort;
  readonly #cells: Int32Array;
  #sized = false;
  #bytes: Uint8Array = NOTHING;
  /** Where they lie. */
  #memory: ArrayBuffer | undefined;
  #hasContent = false;

  constructor(port: MessagePort, control: SharedArrayBuffer) {
    this.#port = port;
    this.#cells = new Int32Array(control);
  }

  *[Symbol.iterator](): Generator<SourceEntry> {
    for (;;) {
      this.#finishContent();
      this.#post({ ask: "entry" });
      const answer = this.#next();
      if (answer.kind !== "entry") return;
      const { entry, sized } = answer.fed;
      this.#sized = sized;
      const mtimeNs = BigInt(entry.mtime) * 1_000_000_000n;
      yield { ...entry, absolute: entry.path, statSize: entry.size, dev: 0, inode: 0n, mtimeNs, ctimeNs: mtimeNs };
    }
  }

  /** The content of the entry that was given last; once. */
  open(entry: SourceEntry): FileToStore | StreamToStore {
    this.#hasContent = true;
    this.#post({ ask: "content" });
    const read = (part: Uint8Array): number => this.#read(part);
    const close = (): void => this.#finishContent();
    if (!this.#sized) return { size: undefined, read, close };
    const fill = (part: Uint8Array): void => {
      // The other side sees to it that there are exactly as many as were promised.
      for (let at = 0; at < part.length; ) {
        const count = read(part.subarray(at));
        if (count === 0) throw new Error(`a feed ended before its entry's size`);
        at += count;
      }
    };
    return { size: entry.size, fill, outcome: () => undefined, close };
  }

  #read(part: Uint8Array): number {
    while (this.#hasContent && this.#bytes.length === 0) {
      this.#giveBack();
      const answer = this.#next();
      if (answer.kind !== "data") this.#hasContent = false;
      else {
        this.#bytes = answer.bytes;
        this.#memory = answer.bytes.buffer;
      }
    }
    const count = Math.min(part.length, this.#bytes.length);
    part.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.subarray(count);
    return count;
  }

  /** What was asked for has to be taken before something else can be. */
  #finishContent(): void {
    const rest = new Uint8Array(1);
    while (this.#hasContent) {
      this.#bytes = NOTHING;
      this.#read(rest);
    }
    this.#bytes = NOTHING;
    this.#giveBack();
  }

  #giveBack(): void {
    const used = this.#memory;
    this.#memory = undefined;
    this.#bytes = NOTHING;
    if (used) this.#post({ used }, [used]);
  }

  #post(request: FeedRequest, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(request, transfer);
  }

  /** Waits, and lets the whole thread wait. @throws Stopped */
  #next(): FeedAnswer {
    for (;;) {
      const answers = Atomics.load(this.#cells, FED);
      if (Atomics.load(this.#cells, STOP) === 1) throw new Stopped();
      const received = receiveMessageOnPort(this.#port) as { message: FeedAnswer } | undefined;
      if (received) return received.message;
      Atomics.wait(this.#cells, FED, answers);
    }
  }
}
