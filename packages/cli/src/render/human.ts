import {
  type BytePath,
  displayPath,
  displayText,
  DoppelError,
  isDoppelError,
  pathFromText,
  pathToBytes,
  type RunEvent,
} from "@doppel/base";
import { DAMAGED, DONE } from "../exit-codes.ts";
import { differenceText } from "./differences.ts";
import { isWarning, Missing, noticeLevel, noticeText } from "./notices.ts";
import { cleanupText, retentionText } from "./plans.ts";
import { Progress } from "./progress.ts";
import type { Renderer, Result, Row } from "./renderer.ts";
import { replicationText } from "./replication.ts";
import { FIND_HEAD, rowText, setKind } from "./rows.ts";
import { type Sink, Screen } from "./screen.ts";
import { byteText, counted, durationText } from "./sizes.ts";
import { statisticsBlock } from "./statistics.ts";
import { statusText } from "./status.ts";
import { localTime, timestamp } from "./times.ts";

export interface HumanOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** 0-9. */
  readonly verbosity: number;
  readonly progress: boolean;
  /** Width of the terminal, asked at every redraw. */
  readonly columns: () => number;
  /** Whether standard output is a terminal, which must not be sent bytes that drive it. */
  readonly stdoutIsTerminal: boolean;
  readonly statistics: boolean;
  /** Milliseconds that go forward. */
  readonly now: () => number;
  /** `--log-timestamp`: the time now. */
  readonly timestamp?: (() => Date) | undefined;
  /** The name that messages start with. */
  readonly program: string;
  /** What the program exits with when something was left out. */
  readonly incompleteExit: number;
}

/** The last line of a backup that made none. */
const NOT_STORED = {
  "dry-run": "Nothing was stored: this was a dry run, and the statistics tell what would be.",
  unchanged: "Nothing was stored: nothing has changed since the last backup.",
} as const;

/** For people: results on standard output, everything else on standard error. A clean run writes nothing there without a terminal. */
export function humanRenderer(options: HumanOptions): Renderer {
  const { stdout, stderr, verbosity, program } = options;
  const screen = new Screen(stderr, options.progress, options.now);
  const missing = new Missing(verbosity);
  let progress = new Progress("backup");
  let sockets = 0;
  let rows = 0;
  const stamp = (level: number): string => {
    const time = options.timestamp?.();
    return time === undefined ? "" : `${timestamp(time)} ${levelName(level)} `;
  };
  const say = (level: number, text: string): void => {
    if (verbosity >= level) screen.line(`${stamp(level)}${oneLine(text)}`);
  };
  /** A result that `-v0` to `-v2` do without. */
  const tell = (text: string): void => {
    if (verbosity >= 3) stdout(`${text}\n`);
  };

  const onEvent = (event: RunEvent): void => {
    switch (event.type) {
      case "run.started":
        progress = new Progress(event.kind);
        return say(5, `${event.kind}: ${event.target}`);
      case "set.opened": {
        const volumes = event.volumes === undefined ? "" : `, ${counted(event.volumes, "volume")}`;
        return say(5, `${event.kind === "full" ? "full backup" : "increment"} of ${localTime(event.time)}${volumes}`);
      }
      case "notice":
        missing.add(event);
        if (event.reason === "socket") sockets++;
        return say(noticeLevel(event), `${isWarning(event) ? "warning" : "notice"}: ${noticeText(event)}`);
      case "entry.done":
        return say(5, displayPath(event.path));
      case "progress":
        progress.update(event, options.now());
        return screen.draw(() => progress.line(options.columns() - 1));
      case "volume.stored":
      case "object.stored":
        return say(5, `stored ${event.name} (${byteText(event.size)})`);
      case "volume.read":
        return say(5, `read ${event.name} (${byteText(event.size)})`);
      case "object.deleted":
        return say(4, `deleted ${event.name}`);
      case "metadata.copied":
        return say(4, `copied ${event.name} to the archive directory`);
      case "difference":
        screen.clear(); // both streams may be one terminal
        return tell(differenceText(event));
      case "retry":
        return say(3, `notice: ${event.operation} failed, attempt ${event.attempt + 1} follows: ${event.detail}`);
      case "run.resumed": {
        const what = event.kind === "full" ? "full backup" : "increment";
        return say(
          3,
          `notice: the ${what} of ${localTime(event.time)} was interrupted; going on with volume ${event.from} of it`,
        );
      }
      case "collection.read":
      case "full.forced":
        return;
      case "debug":
        return say(9, event.detail);
      case "run.finished":
        return screen.clear();
    }
  };

  const incomplete = (count: number, what: string): void => {
    if (count === 0 || verbosity < 2) return;
    screen.line(`${what} INCOMPLETE: ${counted(count, "problem")}`);
    for (const line of missing.lines(count)) screen.line(oneLine(line));
    const exit = options.incompleteExit;
    if (exit !== DONE)
      screen.line(`Exit code ${exit}: everything else is sound, but something was left out or is not as it was.`);
  };

  const damaged = ({ report, path }: Extract<Result, { kind: "verify" }>): void => {
    const { badVolumes, volumes, lost } = report;
    const of = path === undefined ? counted(volumes, "volume") : `${counted(volumes, "volume")} that can hold ${path}`;
    screen.line(`Backup DAMAGED: ${badVolumes} of ${of} cannot be used, ${counted(lost, "path")} lost`);
    if (verbosity < 2) return;
    for (const line of missing.lines(report.incomplete)) screen.line(oneLine(line));
    screen.line(`Exit code ${DAMAGED}: \`restore\` brings back all the rest.`);
  };

  const onResult = (result: Result): void => {
    screen.clear();
    switch (result.kind) {
      case "backup": {
        const { statistics, set, storedBytes } = result.report;
        if (options.statistics) stdout(statisticsBlock(statistics));
        const stored = `${counted(set.volumes.size, "volume")}, ${byteText(storedBytes)} stored`;
        const state = result.report.incomplete > 0 ? "finished, but incomplete" : "complete";
        const kind = set.id.kind === "full" ? "Full backup" : "Increment";
        if (result.report.outcome === "stored")
          tell(`${kind} ${state}: ${stored} in ${durationText(result.seconds)}; restore with: ${result.restoreWith}`);
        else tell(NOT_STORED[result.report.outcome]);
        if (sockets > 0 && verbosity < 5)
          say(3, `notice: ${counted(sockets, "socket")} left out, as always; -v5 names ${sockets === 1 ? "it" : "them"}`);
        return incomplete(result.report.incomplete, "Backup");
      }
      case "restore": {
        const { files, bytes, wanted } = result.report;
        if (wanted.length > 0)
          return tell(`Nothing was restored; ${counted(wanted.length, "volume")} would be read:\n${wanted.join("\n")}`);
        const state = result.report.incomplete > 0 ? "finished, but incomplete" : "complete";
        const what = `${counted(files, "entry", "entries")}, ${byteText(bytes)} in ${durationText(result.seconds)}, into ${result.target}`;
        tell(`Restore ${state}: ${what}`);
        return incomplete(result.report.incomplete, "Restore");
      }
      case "verify": {
        const { compared, differences, badVolumes, lost } = result.report;
        const isDamaged = badVolumes > 0 || lost > 0;
        if (!result.comparedData && !isDamaged) tell(`${readText(result)}; --compare-data also compares with the folder.`);
        const state = isDamaged ? "finished, the backup is DAMAGED" : "complete";
        tell(`Verify ${state}: ${counted(compared, "file")} compared, ${counted(differences, "difference")} found.`);
        return isDamaged ? damaged(result) : incomplete(result.report.incomplete, "Verify");
      }
      case "changes":
        return result.count === 0 ? tell("No regular file is new, changed or deleted in it.") : undefined;
      case "file-changes": {
        const lines = result.changes.map(({ set, kind }) => `${localTime(set.end)} ${setKind(set.kind).padEnd(9)} ${kind}`);
        const none = `No backup of the newest chain changed ${displayPath(result.path)}; doppel find looks in all chains.`;
        return stdout(`${(lines.length === 0 ? [none] : lines).join("\n")}\n`);
      }
      case "list":
        return;
      case "find":
        return incomplete(missing.count, "Search");
      case "diff":
        return Object.values(result.counts).every((count) => count === 0) ? tell("Nothing differs.") : undefined;
      case "retention":
        return stdout(retentionText(result.report, result.dryRun));
      case "cleanup":
        return stdout(cleanupText(result.report, result.dryRun));
      case "replicate":
        return stdout(replicationText(result.report));
      case "status":
        return stdout(statusText(result.report));
      case "recipe":
        return stdout(result.script);
      case "page":
        return stdout(result.text);
    }
  };

  // One buffer for hundreds of rows: one for each took a tenth of the time of a long listing.
  let waiting = "";
  const flush = (): void => {
    if (waiting !== "") stdout(pathToBytes(waiting as BytePath));
    waiting = "";
  };
  const onRow = (row: Row): void => {
    if (rows++ === 0 && row.kind === "version") waiting += `${FIND_HEAD}\n`;
    waiting += rowLine(row, options.stdoutIsTerminal);
    if (waiting.length >= ROWS_AT_ONCE) flush();
  };

  return {
    event: (event) => {
      flush();
      onEvent(event);
    },
    row: onRow,
    result: (result) => {
      flush();
      onResult(result);
    },
    error: (error) => {
      flush();
      screen.line(`${stamp(0)}${errorText(program, error)}`);
    },
    close: () => {
      flush();
      screen.clear();
    },
  };
}

/** Bytes of rows that may wait. */
const ROWS_AT_ONCE = 1 << 14;

/** What a verification without comparing has done. */
function readText({ path, report }: Extract<Result, { kind: "verify" }>): string {
  if (path === undefined) return "Every volume was read and checked";
  const which = report.volumes === 1 ? "The volume that can" : `The ${report.volumes} volumes that can`;
  return `${which} hold ${path} ${report.volumes === 1 ? "was" : "were"} read and checked, no others`;
}

/** One char per byte: the name's own bytes for programs, escaped for a terminal. The text is ASCII. */
function rowLine(row: Row, terminal: boolean): string {
  const { text, path } = rowText(row);
  if (path === undefined) return `${text}\n`;
  if (terminal) return `${text} ${pathFromText(displayPath(path))}\n`;
  return `${text} ${path === "" ? "." : path}\n`;
}

/** One line; for a bug also where it happened. */
export function errorText(program: string, error: unknown): string {
  // Scripts look for stock's sentence, and so it is the error's; here people read it.
  if (isDoppelError(error, "archive-dir.locked"))
    return `${program}: another backup is running with the same archive directory ${oneLine(holderIn(error))}; wait until it has ended, or name another with --archive-dir`;
  if (error instanceof DoppelError) return `${program}: ${oneLine(error.message)}`;
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${program}: this is a bug in doppel, not your fault; please report it with these lines:\n${trace.split("\n").map(oneLine).join("\n")}`;
}

/** "(FILE: process 7)" */
function holderIn({ message, data }: DoppelError<"archive-dir.locked">): string {
  const start = message.lastIndexOf(`(${data.path}`);
  return start < 0 ? `(${data.path})` : message.slice(start);
}

function levelName(level: number): string {
  return level >= 9 ? "DEBUG" : level >= 5 ? "INFO" : level >= 3 ? "NOTICE" : level >= 1 ? "WARNING" : "ERROR";
}

/** Nothing that a message quotes may start a line or drive a terminal. */
function oneLine(message: string): string {
  return displayText(message);
}
