import { hostname, availableParallelism } from "node:os";
import { pathFromText } from "@doppel/base";
import type { NamePrefixes } from "@doppel/format";
import { normaliseSource } from "@doppel/tree";
import type { BackupJob } from "../job.ts";
import { checkDate, checkOptions, checkWhole } from "./check-arguments.ts";
import { fedEntries } from "./fed-entries.ts";
import type { MadeEntries } from "./made-entry.ts";
import type { BackupOptions, EntriesBackupOptions, FolderBackupOptions } from "./options.ts";
import { badArgument, bytePath, kindOf, type PathLike } from "./paths.ts";
import { selectionOf } from "./selection.ts";

const COMMON =
  "signal onEvent encryption kind fullIfOlderThan volumeBytes compress compressLevel threads hostname skipIfUnchanged receipt dryRun";
const FOLDER = `${COMMON} rules copyLinks allowSourceMismatch`.split(" ");
const ENTRIES = `${COMMON} sourceName`.split(" ");
const MIB = 2 ** 20;
/** Volumes may be this small; entries are never cut by their ends, so that smaller ones would gain nothing. */
const MIN_VOLUME = 2 ** 16;

/** @throws api.bad-argument */
export function folderJob(folder: PathLike, options: FolderBackupOptions, prefixes: NamePrefixes): BackupJob {
  checkOptions(options, FOLDER);
  const source = bytePath(folder, "folder");
  if (source === "") throw badArgument("folder", "the path of a folder, not an empty one");
  return {
    ...common(options, prefixes),
    source: normaliseSource(source),
    selection: selectionOf(options.rules ?? []),
    copyLinks: options.copyLinks ?? false,
    allowSourceMismatch: options.allowSourceMismatch ?? false,
    resume: "not-less",
  };
}

/** @param now of entries without a time @throws api.bad-argument */
export function entriesJob(entries: MadeEntries, options: EntriesBackupOptions, prefixes: NamePrefixes, now: Date): BackupJob {
  checkOptions(options, ENTRIES);
  const given: unknown = entries;
  const isIterable = typeof given === "object" && given !== null && (Symbol.asyncIterator in given || Symbol.iterator in given);
  if (!isIterable) throw badArgument("entries", `an array of entries, or something to iterate over, not ${kindOf(given)}`);
  const { sourceName = "/" } = options;
  if (typeof sourceName !== "string" || sourceName === "") throw badArgument("options.sourceName", "a string that is not empty");
  return {
    ...common(options, prefixes),
    source: bytePath(sourceName, "options.sourceName"),
    selection: [],
    copyLinks: false,
    allowSourceMismatch: false,
    resume: "never",
    entries: fedEntries(entries, now),
  };
}

function common(options: BackupOptions, prefixes: NamePrefixes) {
  const { kind = "auto", volumeBytes = 200 * MIB, compressLevel = 6, threads, receipt, fullIfOlderThan } = options;
  if (!["auto", "full", "inc"].includes(kind)) throw badArgument("options.kind", `"auto", "full" or "inc"`);
  checkWhole(volumeBytes, "volumeBytes", MIN_VOLUME);
  checkWhole(compressLevel, "compressLevel", 0, 9);
  checkWhole(threads, "threads", 1, 64);
  checkDate(fullIfOlderThan, "fullIfOlderThan");
  const host = options.hostname ?? hostname();
  if (typeof host !== "string" || host === "") throw badArgument("options.hostname", "a string that is not empty");
  if (receipt !== undefined) {
    if (typeof receipt !== "object" || typeof receipt.program !== "string")
      throw badArgument("options.receipt", "an object with a program");
    checkWhole(receipt.folderDepth, "receipt.folderDepth", 1, 64);
  }
  return {
    kind,
    ...(fullIfOlderThan && { fullIfOlderThan }),
    filelists: new Map(),
    nullSeparator: false,
    volumeBytes,
    compressLevel,
    threads: threads ?? availableParallelism(),
    hostname: pathFromText(host),
    prefixes,
    countTotals: options.onEvent !== undefined,
    dryRun: options.dryRun ?? false,
    skipIfUnchanged: options.skipIfUnchanged ?? false,
    listChanges: true,
    maxBlockBytes: 2048, // stock's
    sabotage: {},
    ...(receipt && { receipt: { program: receipt.program, folderDepth: receipt.folderDepth ?? 1 } }),
    verbose: options.onEvent !== undefined,
  } as const;
}
