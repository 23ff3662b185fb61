/** Where bytes or text go: standard output, standard error, or an array in a test. */
export type Sink = (data: string | Uint8Array) => void;

/** At most ten redraws a second. */
const REDRAW_MS = 100;

/** Lines on standard error, with one line below them that is redrawn in place. */
export class Screen {
  readonly #write: Sink;
  readonly #enabled: boolean;
  readonly #now: () => number;
  #drawn = false;
  #drawnAt = Number.NEGATIVE_INFINITY;

  /** @param enabled whether there is a moving line at all; @param now milliseconds that go forward */
  constructor(write: Sink, enabled: boolean, now: () => number) {
    this.#write = write;
    this.#enabled = enabled;
    this.#now = now;
  }

  /** Redraws the moving line, unless that was done a moment ago. `text` is asked only when it is needed. */
  draw(text: () => string | undefined): void {
    if (!this.#enabled || this.#now() - this.#drawnAt < REDRAW_MS) return;
    const line = text();
    if (line === undefined) return;
    this.#write(`\r\u001b[K${line}`);
    this.#drawn = true;
    this.#drawnAt = this.#now();
  }

  /** A line that stays. The moving line comes back with the next `draw`. */
  line(text: string): void {
    this.clear();
    this.#write(`${text}\n`);
  }

  /** Takes the moving line away. */
  clear(): void {
    if (!this.#drawn) return;
    this.#write("\r\u001b[K");
    this.#drawn = false;
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }
}
