/** What a soak counts, in the order of its table. */
export const COUNTED = [
  "cycles",
  "backups stored",
  "of stock",
  "killed",
  "resumed",
  "refused",
  "faults injected",
  "retention runs",
  "restores compared",
  "files compared",
  "checks",
  "hidden by another machine, and told",
  "differences",
  "silent losses",
] as const;

export type Counted = (typeof COUNTED)[number];

export class Counts {
  readonly #numbers = new Map<Counted, number>();
  readonly #codes = new Map<string, number>();

  add(what: Counted, number = 1): void {
    this.#numbers.set(what, this.of(what) + number);
  }

  of(what: Counted): number {
    return this.#numbers.get(what) ?? 0;
  }

  /** A command has ended so. */
  ended(what: string, code: number | string): void {
    const key = `${what}: ${code}`;
    this.#codes.set(key, (this.#codes.get(key) ?? 0) + 1);
  }

  get asJson(): Readonly<Record<string, number>> {
    return Object.fromEntries(COUNTED.map((what) => [what, this.of(what)]));
  }

  /** How often which command ended with which exit code, under which circumstances. */
  get endings(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#codes].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
