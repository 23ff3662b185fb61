import { type BytePath, displayPath, type RunEvent } from "@doppel/base";

export type Notice = Extract<RunEvent, { type: "notice" }>;

/** The verbosity from which on a notice is shown (0-9): warnings from 2, other notices from 3. */
export function noticeLevel(notice: Notice): number {
  if (isWarning(notice)) return 2;
  // Sockets are in every system tree and are never missed: below -v5 they are only counted.
  return ["socket", "target", "option"].includes(notice.reason) ? 5 : 3;
}

/** Something is missing, or will hurt later. */
export function isWarning({ incomplete, reason }: Notice): boolean {
  return incomplete || reason === "source" || reason === "monitor";
}

/** `PATH: detail`, or the detail alone when it is about the whole run. */
export function noticeText(notice: { readonly path?: BytePath; readonly detail: string }): string {
  return notice.path === undefined ? notice.detail : `${displayPath(notice.path)}: ${notice.detail}`;
}

/** How many of a list are shown at the end of a run below verbosity 5. */
const SHOWN = 20;

/** The notices that `doppel` exits 3 for, of which only the first are kept. */
export class Missing {
  readonly #limit: number;
  readonly #first: string[] = [];
  #count = 0;

  constructor(verbosity: number) {
    this.#limit = verbosity >= 5 ? Number.POSITIVE_INFINITY : SHOWN;
  }

  add(notice: Notice): void {
    if (!notice.incomplete) return;
    this.#count++;
    if (this.#first.length < this.#limit) this.#first.push(noticeText(notice));
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** The list, one line each, and how many more there are of `total`. */
  lines(total = this.#count): readonly string[] {
    const more = Math.max(total, this.#count) - this.#first.length;
    const rest = more > 0 ? [`  and ${more} more; -v5 shows all`] : [];
    return [...this.#first.map((text) => `  ${text}`), ...rest];
  }
}
