import type { Sink } from "../screen.ts";
import { timestamp } from "../times.ts";
import type { MachineLog } from "./machine-log.ts";
import { isShown, type Message } from "./message.ts";

export interface JournalOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** 0-9. */
  readonly verbosity: number;
  /** `--log-timestamp`: the time now; undefined: messages begin with themselves. */
  readonly timestamp?: (() => Date) | undefined;
  readonly logs: readonly MachineLog[];
}

/** Says messages: errors on standard error, all else on standard output, everything in the machine logs too (cli spec 4.1). */
export class Journal {
  readonly #options: JournalOptions;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  say(message: Message): void {
    const { stdout, stderr, verbosity, logs } = this.#options;
    if (!isShown(message, verbosity)) return;
    for (const log of logs) log.write(message);
    if (message.logOnly) return;
    const text = `${this.#prefix(message)}${message.onStream ?? message.text}\n`;
    (message.level === "ERROR" ? stderr : stdout)(Buffer.from(text, "latin1"));
  }

  /** `2026-11-22 21:24:04,035 NOTICE ` */
  #prefix({ level }: Message): string {
    const time = this.#options.timestamp?.();
    return time === undefined ? "" : `${timestamp(time)} ${level} `;
  }
}
