interface Waiter {
  readonly size: number;
  readonly grant: () => void;
}

/**
 * The memory for bodies on their way, shared by all objects that are being stored: whoever wants more than is left waits, in
 * order. Buffers are used again, because freed ones linger in the process until the collector comes round.
 */
export class Buffers {
  readonly #limit: number;
  #lent = 0;
  #spare: Buffer[] = [];
  #waiting: Waiter[] = [];

  /** `limit`: bytes lent at once. A larger single buffer is lent when nothing else is. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that may be lent at once. */
  get limit(): number {
    return this.#limit;
  }

  /** Bytes lent now. */
  get lent(): number {
    return this.#lent;
  }

  /** A buffer of exactly `size` bytes with undefined contents, to be given back. Rejects with the signal's reason. */
  async take(size: number, signal?: AbortSignal): Promise<Buffer> {
    signal?.throwIfAborted();
    if (this.#waiting.length > 0 || !this.#fits(size)) await this.#turn(size, signal);
    else this.#lent += size;
    return this.#buffer(size);
  }

  /** Nobody may use it afterwards. */
  give(buffer: Buffer): void {
    this.#lent -= buffer.length;
    this.#spare.push(buffer);
    this.#serve();
  }

  /** Forgets what it keeps for later. */
  drain(): void {
    this.#spare = [];
  }

  #fits(size: number): boolean {
    return this.#lent === 0 || this.#lent + size <= this.#limit;
  }

  #turn(size: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        size,
        grant: () => {
          signal?.removeEventListener("abort", leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal?.reason as Error);
        this.#serve();
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.size); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#lent += next.size;
      next.grant();
    }
  }

  #buffer(size: number): Buffer {
    // Not one that is much too large: the rest of it would be memory that nobody counts.
    const fitting = this.#spare.findIndex(({ buffer }) => buffer.byteLength >= size && buffer.byteLength < 2 * size);
    const found = fitting < 0 ? undefined : this.#spare.splice(fitting, 1)[0];
    // Lent and spare together stay within the limit.
    const held = (): number => this.#spare.reduce((sum, spare) => sum + spare.buffer.byteLength, 0);
    while (this.#spare.length > 0 && this.#lent + held() > this.#limit) this.#spare.shift();
    return found ? Buffer.from(found.buffer, 0, size) : Buffer.allocUnsafeSlow(size);
  }
}
