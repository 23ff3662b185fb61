import { isDoppelError } from "@doppel/base";
import type { Storage } from "@doppel/storage";

/** Where backups are, opened when it is needed: a folder that is not there is made by a backup only, never by who only looks. */
export class Place implements AsyncDisposable {
  readonly #open: (purpose: "read" | "write") => Promise<Storage>;
  readonly #opened = new Map<"read" | "write", Promise<Storage>>();
  #label: string;

  /** @param label until it is open */
  constructor(label: string, open: (purpose: "read" | "write") => Promise<Storage>) {
    this.#label = label;
    this.#open = open;
  }

  /** The URL without secrets, for people. */
  get label(): string {
    return this.#label;
  }

  /** Whether what is wrong with the place shows already, but for that it is not there yet. @throws storage.* */
  async probe(): Promise<void> {
    try {
      await this.forReading();
    } catch (error) {
      if (!isDoppelError(error, "storage.not-found")) throw error;
    }
  }

  /** @throws storage.* */
  async forReading(): Promise<Storage> {
    return this.#opened.get("write") ?? this.#once("read");
  }

  /** @throws storage.* */
  async forWriting(): Promise<Storage> {
    return this.#once("write");
  }

  async #once(purpose: "read" | "write"): Promise<Storage> {
    const known = this.#opened.get(purpose);
    if (known) return known;
    const opening = this.#open(purpose);
    this.#opened.set(purpose, opening);
    try {
      const storage = await opening;
      this.#label = storage.label;
      return storage;
    } catch (error) {
      this.#opened.delete(purpose); // next time it may be there
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#opened.values()) await (await opening)[Symbol.asyncDispose]();
  }
}
