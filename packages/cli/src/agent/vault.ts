/** Passphrases in memory, each until its time. Those that are forgotten are overwritten. */
export class Vault {
  readonly #held = new Map<string, { readonly bytes: Buffer; readonly label: string; readonly until: number }>();
  readonly #now: () => number;

  /** @param now  milliseconds; of a clock that goes on while the machine sleeps */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Keeps it for so many milliseconds, in the place of what was kept for the same target. @returns until when */
  hold(target: string, label: string, passphrase: string, ms: number): number {
    this.forget(target);
    const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(passphrase)); // of its own: a pooled one would leave copies
    bytes.write(passphrase);
    const until = this.#now() + ms;
    this.#held.set(target, { bytes, label, until });
    return until;
  }

  get(target: string): string | undefined {
    this.expire();
    return this.#held.get(target)?.bytes.toString("utf8");
  }

  /** One, or all. @returns what they were called */
  forget(target?: string): readonly string[] {
    const labels: string[] = [];
    for (const [name, { bytes, label }] of this.#held) {
      if (target !== undefined && name !== target) continue;
      bytes.fill(0);
      this.#held.delete(name);
      labels.push(label);
    }
    return labels;
  }

  /** Forgets what has had its time. */
  expire(): void {
    for (const [name, { until }] of this.#held) if (until <= this.#now()) this.forget(name);
  }

  /** Milliseconds to the next end of a time; undefined when nothing is held. */
  get next(): number | undefined {
    const ends = [...this.#held.values()].map(({ until }) => until);
    return ends.length === 0 ? undefined : Math.max(0, Math.min(...ends) - this.#now());
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }
}
