import { openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { ReadStream } from "node:tty";

/**
 * Asks on the terminal that controls the process, whatever its standard streams are, without showing what is typed.
 * @returns undefined when there is no terminal, or nothing was typed before its end (Ctrl-D)
 * @throws the reason of `signal`, also for Ctrl-C, which `interrupt` is told of
 */
export async function askOnTerminal(question: string, signal: AbortSignal, interrupt: () => void): Promise<string | undefined> {
  const descriptor = openTerminal();
  if (descriptor === undefined) return undefined;
  const input = new ReadStream(descriptor);
  // readline edits the line and would show it: it writes into nothing.
  const reader = createInterface({ input, output: new Writable({ write: (_chunk, _encoding, done) => done() }), terminal: true });
  let stop: (() => void) | undefined;
  try {
    signal.throwIfAborted();
    writeSync(descriptor, question);
    return await new Promise<string | undefined>((resolve, reject) => {
      reader.once("line", resolve);
      reader.once("close", () => resolve(undefined));
      reader.once("SIGINT", interrupt); // the terminal is raw: Ctrl-C is a character, not a signal
      stop = () => reject(signal.reason as Error);
      signal.addEventListener("abort", stop, { once: true });
    });
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
    writeSync(descriptor, "\n");
    reader.close();
    input.destroy();
  }
}

function openTerminal(): number | undefined {
  try {
    return openSync("/dev/tty", "r+");
  } catch {
    return undefined; // cron, systemd: no terminal is ordinary
  }
}
