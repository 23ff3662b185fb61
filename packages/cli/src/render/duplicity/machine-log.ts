import { closeSync, openSync, writeSync } from "node:fs";
import { type BytePath, DoppelError, errnoOf, pathToBytes } from "@doppel/base";
import { isOfTheRuntime } from "../../descriptors.ts";
import type { Message } from "./message.ts";

/** A message for programs (cli spec 13): keyword and code, data, the text behind dots, an empty line. Bytes, one char each. */
export function stanza({ level, code = 1, extra, data = [], text, part }: Message): string {
  const head = `${level} ${code}${extra === undefined ? "" : ` ${extra}`}`;
  const begins = part === undefined || part === "first";
  const lines = text === "" ? [] : text.split("\n").map((line) => `. ${line}`);
  const end = part === undefined || part === "last" ? "\n\n" : "\n";
  return `${[...(begins ? [head] : []), ...data, ...lines].join("\n")}${end}`;
}

/** A path as an argument of a stanza (cli spec 13): within single quotes, all that is not printable ASCII escaped. */
export function quotedPath(path: BytePath): string {
  const bytes = pathToBytes(path === "" ? ("." as BytePath) : path);
  let out = "";
  for (const char of utf8OrBytes(bytes)) out += escaped(char);
  return `'${out}'`;
}

/** Where stanzas go. Writing is synchronous, so that whatever happens next, what was said is there. */
export interface MachineLog {
  write(message: Message): void;
}

/**
 * Opens a log file, to which is appended, or takes a descriptor that somebody opened for us.
 * @throws cli.usage
 */
export function openMachineLog(to: { readonly fd: number } | { readonly file: BytePath }): MachineLog {
  const [descriptor, option] = "fd" in to ? [to.fd, `--log-fd ${to.fd}`] : [append(to.file), "--log-file"];
  try {
    if ("fd" in to && isOfTheRuntime(descriptor)) throw new Error("nobody opened it");
    writeSync(descriptor, "");
  } catch (error) {
    throw unusable(option, error);
  }
  let isOpen = true;
  return {
    write: (message) => {
      if (!isOpen) return;
      try {
        writeAll(descriptor, printable(stanza(message)));
      } catch {
        isOpen = false; // a log that nobody reads any more is no reason to lose a backup
        if ("file" in to) closeSync(descriptor);
      }
    },
  };
}

function append(file: BytePath): number {
  try {
    return openSync(pathToBytes(file), "a", 0o600);
  } catch (error) {
    throw unusable("--log-file", error);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10); // a pipe that is full, and not ours to reopen
    }
  }
}

/** The log is UTF-8 (Z11): lines that are not are escaped. */
function printable(text: string): Uint8Array {
  const bytes = Buffer.from(text, "latin1");
  if (isUtf8(bytes)) return bytes;
  const lines = text.split("\n").map((line) => {
    return isUtf8(Buffer.from(line, "latin1")) ? line : line.replace(/[\u0080-\u00ff]/g, hex);
  });
  return Buffer.from(lines.join("\n"), "latin1");
}

/** Characters where it is UTF-8, else one for each byte. */
function utf8OrBytes(bytes: Uint8Array): string {
  return isUtf8(bytes) ? Buffer.from(bytes).toString("utf8") : Buffer.from(bytes).toString("latin1");
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const NAMED: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(char: string): string {
  const known = NAMED[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0)!;
  if (char === "'" || code < 0x20 || (code >= 0x7f && code <= 0xff)) return hex(char);
  if (code < 0x7f) return char;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

function hex(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function unusable(option: string, error: unknown): DoppelError<"cli.usage"> {
  const message = `${option} cannot be written to (${errnoOf(error) ?? (error as Error).message})`;
  return new DoppelError("cli.usage", message, { option: option.split(" ")[0]! }, error);
}
