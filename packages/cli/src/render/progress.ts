import type { RunEvent, RunKind } from "@doppel/base";
import { byteText, counted, durationText } from "./sizes.ts";

type Counters = Extract<RunEvent, { type: "progress" }>;

/** The rate is that of the last seconds, so that the time left follows a change of pace. */
const WINDOW_MS = 15_000;

const VERBS: Partial<Record<RunKind, string>> = { restore: "restoring", verify: "verifying", audit: "auditing" };

/** How far a run is, from its events. */
export class Progress {
  readonly #verb: string;
  readonly #kind: RunKind;
  #last: Counters | undefined;
  #samples: { readonly at: number; readonly bytes: number }[] = [];
  #began: number | undefined;
  /** When the last volume was used up, and the latest moment. */
  #volumeAt = 0;
  #at = 0;

  constructor(kind: RunKind) {
    this.#kind = kind;
    this.#verb = VERBS[kind] ?? "backing up";
  }

  /** @param at milliseconds of any clock that goes forward */
  update(counters: Counters, at: number): void {
    this.#began ??= at;
    if (counters.storedBytes !== this.#last?.storedBytes) this.#volumeAt = at;
    this.#at = at;
    this.#last = counters;
    this.#samples.push({ at, bytes: counters.bytes });
    while (this.#samples.length > 2 && at - this.#samples[1]!.at > WINDOW_MS) this.#samples.shift();
  }

  /** One line of at most `columns`, or undefined before there is anything to tell. */
  line(columns: number): string | undefined {
    if (this.#last === undefined) return undefined;
    const { bytes, files, totalBytes, totalKnown, volumes, storedBytes, totalVolumes } = this.#last;
    const of = totalBytes === undefined ? "" : ` of ${totalKnown ? "" : "at least "}${byteText(totalBytes)}`;
    const share = this.#share();
    const rate = this.#rate();
    const left = this.#secondsLeft(rate);
    const audits = this.#kind === "audit"; // whole objects are read, whatever is in them
    const parts = [`${byteText(bytes)}${of}`, ...(audits ? [] : [counted(files, "file")])];
    if (rate > 0) parts.push(`${byteText(Math.round(rate))}/s`);
    if (left !== undefined) parts.push(`${durationText(left)} left`);
    const done =
      totalVolumes === undefined
        ? `${counted(volumes, "volume")} stored`
        : `${volumes} of ${counted(totalVolumes, audits ? "object" : "volume")}`;
    parts.push(volumes > 0 && !audits ? `${done} (${byteText(storedBytes)})` : done);
    const phase = `${this.#phase()}${share === undefined ? "" : ` ${Math.min(100, Math.floor(share * 100))}%`}, `;
    // The line must never wrap, or redrawing leaves ruins: the least important parts go first.
    if (phase.length + parts.join(", ").length > columns) parts[parts.length - 1] = done;
    while (parts.length > 1 && phase.length + parts.join(", ").length > columns) parts.pop();
    return (phase + parts.join(", ")).slice(0, columns);
  }

  #phase(): string {
    const { bytes = 0, totalBytes, totalKnown } = this.#last ?? {};
    return totalKnown === true && totalBytes !== undefined && bytes >= totalBytes ? "finishing" : this.#verb;
  }

  /** How much is done, 0 to 1. How large a restored tree will be is not known before its end, so it goes by what is read. */
  #share(): number | undefined {
    const { bytes = 0, totalBytes, totalKnown, storedBytes = 0, totalStoredBytes } = this.#last ?? {};
    if (totalStoredBytes !== undefined) return totalStoredBytes > 0 ? storedBytes / totalStoredBytes : undefined;
    return totalKnown === true && totalBytes ? bytes / totalBytes : undefined;
  }

  #secondsLeft(rate: number): number | undefined {
    const { bytes = 0, totalBytes = 0, totalStoredBytes } = this.#last ?? {};
    const share = this.#share();
    if (share === undefined || share === 0 || share >= 1) return undefined;
    if (totalStoredBytes === undefined) return rate > 0 ? (totalBytes - bytes) / rate : undefined;
    // Only whole volumes count: the estimate is made when one is used up, and counts down until the next.
    const took = this.#volumeAt - (this.#began ?? 0);
    return took <= 0 ? undefined : Math.max(0, ((took * (1 - share)) / share - (this.#at - this.#volumeAt)) / 1000);
  }

  /** Bytes per second. */
  #rate(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 500) return 0;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
