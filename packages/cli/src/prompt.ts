import { openSync, read, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { ReadStream } from "node:tty";

/**
 * Asks on the terminal that controls the process, whatever its standard streams are.
 * @param shows  whether what is typed can be seen; otherwise it is a secret
 * @returns what was typed, undefined when that was nothing but the end (Ctrl-D)
 * @throws the reason of `signal`, also for Ctrl-C, which `interrupt` is told of
 */
export async function askOnTerminal(
  question: string,
  signal: AbortSignal,
  interrupt: () => void,
  shows = false,
): Promise<{ readonly typed: string } | undefined | "no terminal"> {
  const descriptor = openTerminal();
  if (descriptor === undefined) return "no terminal";
  const input = new ReadStream(descriptor);
  // readline edits the line and shows it by writing it: for a secret, into nothing.
  const write = (chunk: Uint8Array, _encoding: string, done: () => void): void => {
    if (shows) writeSync(descriptor, chunk);
    done();
  };
  const reader = createInterface({ input, output: new Writable({ write }), terminal: true });
  let stop: (() => void) | undefined;
  try {
    signal.throwIfAborted();
    writeSync(descriptor, question);
    return await new Promise<{ readonly typed: string } | undefined>((resolve, reject) => {
      reader.once("line", (typed) => resolve({ typed }));
      reader.once("close", () => resolve(undefined));
      reader.once("SIGINT", interrupt); // the terminal is raw: Ctrl-C is a character, not a signal
      stop = () => reject(signal.reason as Error);
      signal.addEventListener("abort", stop, { once: true });
    });
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
    if (!shows) writeSync(descriptor, "\n");
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

/**
 * The next line of standard input, for who pipes a passphrase into a program without a terminal (cli spec 10).
 * @returns undefined at its end, and where there is none
 * @throws the reason of `signal`
 */
export async function lineOfInput(signal: AbortSignal): Promise<string | undefined> {
  const bytes: number[] = [];
  const byte = Buffer.alloc(1); // one at a time: the next line is for the next question
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  for (;;) {
    signal.throwIfAborted();
    const count = await Promise.race([nextByte(byte), aborted]);
    if (count === 0 && bytes.length === 0) return undefined;
    if (count === 0 || byte[0] === 0x0a) return Buffer.from(bytes).toString("utf8");
    bytes.push(byte[0]!);
  }
}

/** How many were read: none at the end, or where there is no standard input. */
function nextByte(into: Uint8Array): Promise<number> {
  return new Promise((resolve) => read(0, into, 0, 1, null, (error, count) => resolve(error ? 0 : count)));
}
