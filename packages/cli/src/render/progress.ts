import type { RunEvent, RunKind } from "@doppel/base";
import { byteText, counted, durationText } from "./sizes.ts";

type Counters = Extract<RunEvent, { type: "progress" }>;

/** The rate is that of the last seconds, so that the time left follows a change of pace. */
const WINDOW_MS = 15_000;

/** How far a run is, from its events. */
export class Progress {
  readonly #verb: string;
  #last: Counters | undefined;
  #samples: { readonly at: number; readonly bytes: number }[] = [];

  constructor(kind: RunKind) {
    this.#verb = kind === "restore" ? "restoring" : kind === "verify" ? "verifying" : "backing up";
  }

  /** @param at milliseconds of any clock that goes forward */
  update(counters: Counters, at: number): void {
    this.#last = counters;
    this.#samples.push({ at, bytes: counters.bytes });
    while (this.#samples.length > 2 && at - this.#samples[1]!.at > WINDOW_MS) this.#samples.shift();
  }

  /** One line of at most `columns`, or undefined before there is anything to tell. */
  line(columns: number): string | undefined {
    if (this.#last === undefined) return undefined;
    const { bytes, files, totalBytes, totalKnown, volumes, storedBytes } = this.#last;
    const of = totalBytes === undefined ? "" : ` of ${totalKnown ? "" : "at least "}${byteText(totalBytes)}`;
    const share = totalKnown && totalBytes ? ` ${Math.min(100, Math.floor((bytes / totalBytes) * 100))}%` : "";
    const rate = this.#rate();
    const parts = [`${byteText(bytes)}${of}`, counted(files, "file")];
    if (rate > 0) parts.push(`${byteText(Math.round(rate))}/s`);
    if (rate > 0 && totalKnown && totalBytes !== undefined && bytes < totalBytes) {
      parts.push(`${durationText((totalBytes - bytes) / rate)} left`);
    }
    if (volumes > 0) parts.push(`${counted(volumes, "volume")} (${byteText(storedBytes)})`);
    const phase = `${this.#phase()}${share}, `;
    // The line must never wrap, or redrawing leaves ruins: the least important parts go first.
    if (phase.length + parts.join(", ").length > columns && volumes > 0) parts[parts.length - 1] = counted(volumes, "volume");
    while (parts.length > 1 && phase.length + parts.join(", ").length > columns) parts.pop();
    return (phase + parts.join(", ")).slice(0, columns);
  }

  #phase(): string {
    const { bytes = 0, totalBytes, totalKnown } = this.#last ?? {};
    return totalKnown === true && totalBytes !== undefined && bytes >= totalBytes ? "finishing" : this.#verb;
  }

  /** Bytes per second. */
  #rate(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 500) return 0;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
