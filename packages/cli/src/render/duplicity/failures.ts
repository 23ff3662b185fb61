import { type BytePath, displayText, DoppelError, type ErrorCode, isDoppelError, pathFromText } from "@doppel/base";
import { EXIT_CODES } from "../../exit-codes.ts";
import { quotedPath } from "./machine-log.ts";
import type { Message } from "./message.ts";
import type { Counting } from "./wording.ts";

/** What a failure is told by. */
export interface FailureContext {
  readonly counting: Counting;
  /** Tries of the storage operation that failed in the end; 0: it was not tried again. */
  readonly attempts: number;
}

/** The error that ends a run (cli spec 4.6, 4.10, 5, 13). Its code for programs is what the program exits with. */
export function failure(error: unknown, exit: number, { counting, attempts }: FailureContext): Message {
  const say = (text: string, extra?: string): Message => ({
    level: "ERROR",
    code: exit,
    text: pathFromText(text),
    ...(extra !== undefined && { extra }),
  });
  if (!(error instanceof DoppelError)) return say(bugText(error), error instanceof Error ? error.name : "Exception");
  const { code, message } = error as DoppelError;
  const line = displayText(message);
  if (isDoppelError(error, "volume.hash-mismatch")) return say(hashMismatch(error.data));
  if (isDoppelError(error, "restore.path-not-found")) return say(`${error.data.path} not found in archive - no files restored.`);
  if (isDoppelError(error, "run.sabotaged"))
    return say(`AssertionError: Forced assertion for testing at volume ${error.data.volume}`, "AssertionError");
  if (isDoppelError(error, "archive-dir.locked"))
    return say(`Another duplicity instance is already running with this archive directory\n${line}`);
  if (isDoppelError(error, "rules.last-is-include")) return say(`Last selection expression:\n    ${error.data.pattern}\n${line}`);
  if (isDoppelError(error, "source.mismatch")) return say(line, places(error.data.now, error.data.before));
  if (isCommandLine(code)) {
    const hint = line.includes("--help") ? "" : "\nSee duplicity --help.";
    const text = `${counting === "duplicity-3" ? "CommandLineError" : "Command line error"}: ${line}${hint}`;
    return counting === "duplicity-3" ? say(text, "CommandLineError") : say(text);
  }
  if (EXIT_CODES[code] === EXIT_CODES["openpgp.gpg-failed"]) return say(gpgBlock(line), "GPGError");
  const name = CLASSES[code];
  if (name !== undefined) return say(`${name}: ${line}`, name);
  if (code.startsWith("storage.")) {
    const text = attempts > 0 ? `Giving up after ${attempts} attempts. BackendException: ${line}` : `BackendException: ${line}`;
    return say(text, operationOf(error as DoppelError));
  }
  return say(line);
}

/** Class names that programs look for, and people know. */
const CLASSES: Partial<Record<ErrorCode, string>> = {
  "storage.unknown-scheme": "UnsupportedBackendScheme",
  "storage.bad-url": "InvalidBackendURL",
};

/** What generation 3 calls errors of the command line: those that come before anything is done. */
function isCommandLine(code: ErrorCode): boolean {
  return code === "cli.usage" || code === "format.bad-time";
}

/** Stock's four lines, the last of which is empty (cli spec 4.6). */
export function hashMismatch({ name, expected, actual }: { name: string; expected: string; actual: string }): string {
  return `Invalid data - SHA1 hash mismatch for file:\n ${name}\n Calculated hash: ${actual}\n Manifest hash: ${expected}\n`;
}

function gpgBlock(detail: string): string {
  return `GPGError: GPG Failed, see log below:\n===== Begin GnuPG log =====\n${detail}\n===== End GnuPG log =====\n`;
}

function places(...names: readonly string[]): string {
  return names.map((name) => quotedPath(pathFromText(name))).join(" ");
}

/** `put 'name'`, for programs. */
function operationOf({ data }: DoppelError): string {
  const { operation, name } = data as { readonly operation?: string; readonly name?: string };
  const [verb, file = name] = operation === undefined ? ["get"] : stockOperation(operation);
  return file === undefined ? verb : `${verb} ${quotedPath(pathFromText(file))}`;
}

const VERBS: readonly (readonly [start: string, verb: string])[] = [
  ["store ", "put"],
  ["read ", "get"],
  ["look up ", "query"],
  ["delete", "delete"],
];

/** What stock calls an operation of a storage, and the file that it is about. */
export function stockOperation(operation: string): readonly [verb: string, file?: string] {
  const known = VERBS.find(([start]) => operation.startsWith(start));
  if (known === undefined) return [operation.startsWith("list") ? "list" : operation.split(" ", 1)[0]!];
  const file = operation.slice(known[0].length).trim();
  return file === "" ? [known[1]] : [known[1], file];
}

function bugText(error: unknown): string {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = trace.split("\n").map((line) => displayText(line));
  return ["This is a bug in doppel, not your fault; please report it with these lines:", ...lines].join("\n");
}

/** For messages that name a path: its bytes, the root as `.`. */
export function shown(path: BytePath): BytePath {
  return path === "" ? ("." as BytePath) : path;
}
