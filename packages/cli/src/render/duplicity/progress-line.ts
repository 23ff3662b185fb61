import type { RunEvent } from "@doppel/base";

type Counters = Extract<RunEvent, { type: "progress" }>;

const BAR = 40;
/** A transfer that stores nothing for this long is said to stall. */
const STALL_MS = 5_000;

/** How far a backup is, as `--progress` shows it: a line for people, and numbers for programs (cli spec 12.2, 13). */
export interface ProgressLine {
  readonly text: string;
  /** `bytes elapsed percent eta speed stalled` */
  readonly extra: string;
}

/** Follows the events of one run. Times are milliseconds that go forward. */
export class ProgressLines {
  readonly #began: number;
  readonly #everyMs: number;
  #saidAt: number;
  #stored = 0;
  #storedAt: number;
  #last: Counters | undefined;

  /** @param everyMs between two lines */
  constructor(now: number, everyMs: number) {
    this.#began = now;
    this.#saidAt = now;
    this.#storedAt = now;
    this.#everyMs = everyMs;
  }

  /** The line that is due after this event, if one is. */
  update(counters: Counters, now: number): ProgressLine | undefined {
    this.#last = counters;
    if (counters.storedBytes > this.#stored) this.#storedAt = now;
    this.#stored = counters.storedBytes;
    if (now - this.#saidAt < this.#everyMs) return undefined;
    this.#saidAt = now;
    return this.#line(this.#share(), counters.storedBytes, now);
  }

  /** The last line. @param bytes stored in all */
  finish(bytes: number, now: number): ProgressLine {
    return this.#line(1, bytes, now);
  }

  #share(): number {
    const { bytes, totalBytes, totalKnown } = this.#last!;
    return totalKnown && totalBytes ? Math.min(1, bytes / totalBytes) : 0;
  }

  #line(share: number, bytes: number, now: number): ProgressLine {
    const seconds = Math.floor((now - this.#began) / 1000);
    const speed = seconds === 0 ? 0 : Math.floor(bytes / seconds);
    const percent = Math.floor(share * 100);
    const left = share > 0 && share < 1 ? Math.round((seconds * (1 - share)) / share) : 0;
    const stalled = share < 1 && now - this.#storedAt >= STALL_MS;
    const eta = stalled ? "Stalled!" : `ETA ${secondsText(left)}`;
    const filled = Math.floor(share * BAR);
    const bar = `${"=".repeat(filled)}>${" ".repeat(BAR - filled)}`;
    return {
      text: `${sizeText(bytes)} ${clockText(seconds)} [${sizeText(speed)}/s] [${bar}] ${percent}% ${eta}`,
      extra: `${bytes} ${seconds} ${percent} ${left} ${speed} ${stalled ? 1 : 0}`,
    };
  }
}

/** `0.2KB`, `8.6MB` */
function sizeText(bytes: number): string {
  const units = ["KB", "MB", "GB", "TB"];
  let value = bytes / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(1)}${units[unit]}`;
}

function clockText(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
}

function secondsText(seconds: number): string {
  if (seconds < 60) return `${seconds}sec`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}min`;
  return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}min`;
}
