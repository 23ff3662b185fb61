import { fstatSync, readlinkSync } from "node:fs";
import { displayPath, DoppelError, type BytePath } from "@doppel/base";
import { flagsOf, openDescriptors } from "./open-descriptors.ts";
import type { Settings } from "./options.ts";

/**
 * Looks at every descriptor that a command line names, before anything is read, made or written: whoever started the program
 * must have opened it, for what it is to be used for. Node has some of its own at the next free numbers, and what is written to
 * them is lost, or ends the program.
 * @throws cli.usage
 */
export function checkDescriptors(settings: Settings): void {
  check(settings["passphrase-fd"], "read", "--passphrase-fd");
  check(settings["show-passphrase-fd"], "write", "--show-passphrase-fd");
  for (const [name, value] of Object.entries(settings)) {
    const [, number] = (typeof value === "string" && /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(value)) || [];
    if (number !== undefined) check(Number(number), "read", `--${name}`, value as BytePath);
  }
}

/**
 * Whether Node opened this descriptor for itself: its event loop's, or a pipe whose other end we hold, too. What cannot be looked
 * at is not.
 */
export function isOfTheRuntime(descriptor: number): boolean {
  const target = targetOf(descriptor);
  if (target.startsWith("anon_inode:")) return true;
  if (!target.startsWith("pipe:")) return false;
  const mode = modeOf(descriptor);
  return openDescriptors().some((other) => other > 2 && targetOf(other) === target && modeOf(other) !== mode);
}

const READ_ONLY = 0;
const WRITE_ONLY = 1;

function check(descriptor: number | undefined, use: "read" | "write", option: string, file?: BytePath): void {
  if (descriptor === undefined) return;
  const named = file === undefined ? `${option} ${descriptor}` : `${option} ${displayPath(file)}`;
  const refuse = (why: string): DoppelError<"cli.usage"> => {
    const done = use === "read" ? "read" : "written to";
    const sign = use === "read" ? "<" : ">";
    const message = `${named} cannot be ${done} (EBADF): descriptor ${descriptor} ${why}: open it where doppel is started, as in ${descriptor}${sign}FILE; nothing was done`;
    return new DoppelError("cli.usage", message, { option });
  };
  if (!isOpen(descriptor) || isOfTheRuntime(descriptor)) throw refuse("is not open");
  // Node puts it in the place of a standard stream that is closed, and has one of its own; nobody would ever see the passphrase.
  if (targetOf(descriptor) === "/dev/null" && (use === "write" || descriptor > 2)) throw refuse("is not open, or is /dev/null");
  const mode = modeOf(descriptor);
  if (mode === (use === "read" ? WRITE_ONLY : READ_ONLY))
    throw refuse(`is open, but not for ${use === "read" ? "reading" : "writing"}`);
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

/** For reading, writing or both; undefined on systems that do not tell. */
function modeOf(descriptor: number): number | undefined {
  const flags = flagsOf(descriptor);
  return flags === undefined ? undefined : flags & 3;
}

function targetOf(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
