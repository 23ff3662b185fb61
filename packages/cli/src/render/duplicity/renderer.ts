import { displayText, pathFromText, type RunEvent } from "@doppel/base";
import type { CommandName } from "../../option.ts";
import type { ChangesSize, Renderer, Result, Row } from "../renderer.ts";
import { statisticsBlock } from "../statistics.ts";
import { asctime } from "../times.ts";
import { CHANGES_END, changeRow, changesHead, fileChangedText } from "./changes.ts";
import { collectionStatus } from "./collection.ts";
import { cleanupMessages, retentionMessages } from "./deletions.ts";
import { differenceLine, ENTRY_TYPES, verifySummary } from "./differences.ts";
import { failure, shown, stockOperation } from "./failures.ts";
import { Journal, type JournalOptions } from "./journal.ts";
import { quotedPath } from "./machine-log.ts";
import type { Message } from "./message.ts";
import { noticeMessage } from "./notices.ts";
import { preamble } from "./preamble.ts";
import { type ProgressLine, ProgressLines } from "./progress-line.ts";
import { compactTime, type Counting } from "./wording.ts";

export interface DuplicityOptions extends JournalOptions {
  readonly command: CommandName;
  readonly counting: Counting;
  /** The block of statistics at the end of a backup. */
  readonly statistics: boolean;
  /** `--force`: even a dry run says that it deletes. */
  readonly force: boolean;
  /** Between two lines of progress; undefined: none. */
  readonly progressMs?: number | undefined;
  /** Milliseconds that go forward. */
  readonly now: () => number;
}

/** What stock duplicity says, for programs and people that know it (cli spec 4 and 13). A clean run leaves standard error empty. */
export function duplicityRenderer(options: DuplicityOptions): Renderer {
  const { command, counting, now } = options;
  const journal = new Journal(options);
  const say = (level: Message["level"], text: string, more: Partial<Message> = {}): void => journal.say({ level, text, ...more });
  const progress = options.progressMs === undefined ? undefined : new ProgressLines(now(), options.progressMs);
  let linesOfProgress = 0;
  let attempts = 0;
  let synchronizing = false;
  let volumesRead = 0;
  let totalVolumes: number | undefined;
  let state: Date | undefined;
  let readOrphans = false;
  let changesSize: ChangesSize | undefined;

  const sayProgress = ({ text, extra }: ProgressLine): void => {
    const again = linesOfProgress++ > 0 ? "\u001b[1A\u001b[2K" : "";
    say("NOTICE", text, { code: 16, extra, onStream: `${again}${text}` });
  };

  const onEvent = (event: RunEvent): void => {
    switch (event.type) {
      case "run.started":
        return say("INFO", pathFromText(`Target: ${event.target}`));
      case "set.opened":
        state = event.time;
        return say("INFO", `Backup set: ${event.kind} ${asctime(event.time)}`);
      case "collection.read":
        readOrphans = event.orphanedSets.length > 0;
        return preamble(event, command, counting).forEach((message) => journal.say(message));
      case "full.forced":
        return event.why === "too-old"
          ? say("NOTICE", "Last full backup is too old, forcing full backup")
          : say("WARNING", "No signatures found, switching to full backup.");
      case "run.resumed":
        return resumed(event);
      case "notice":
        if (event.reason === "foreign-set" && readOrphans && !event.incomplete) return; // the preamble names them
        return journal.say(noticeMessage(event, command === "list" ? state : undefined));
      case "entry.done":
        return entryDone(event);
      case "progress": {
        totalVolumes = event.totalVolumes;
        if (event.totalVolumes !== undefined) return;
        say("INFO", "", { code: 2, extra: `${event.bytes}${event.totalKnown ? ` ${event.totalBytes}` : ""}`, logOnly: true });
        const line = progress?.update(event, now());
        return line && sayProgress(line);
      }
      case "volume.stored":
      case "object.stored":
        attempts = 0;
        say("INFO", `Storing ${event.name}`, { code: 11 });
        return say("INFO", `Stored ${event.name}`, { code: 13 });
      case "volume.read": {
        attempts = 0;
        const of = totalVolumes === undefined ? "" : ` of ${totalVolumes}`;
        volumesRead++;
        const extra = `${volumesRead}${totalVolumes === undefined ? "" : ` ${totalVolumes}`}`;
        return say("INFO", `Processed volume ${volumesRead}${of}`, { code: 2, extra });
      }
      case "object.deleted":
        return say("INFO", `Deleted ${event.name}`);
      case "metadata.copied":
        if (!synchronizing) say("NOTICE", "Synchronizing remote metadata to local cache...");
        synchronizing = true;
        return say("NOTICE", `Copying ${event.name} to local cache.`);
      case "difference":
        return say("NOTICE", differenceLine(event));
      case "retry": {
        attempts = event.attempt + 1;
        const [verb] = stockOperation(event.operation);
        const detail = displayText(event.detail);
        return say("WARNING", pathFromText(`Attempt of ${verb} Nr. ${event.attempt} failed. BackendException: ${detail}`));
      }
      case "debug":
        return say("DEBUG", pathFromText(displayText(event.detail)));
      case "run.finished":
        return;
    }
  };

  const resumed = ({ kind, from, lost, after }: Extract<RunEvent, { type: "run.resumed" }>): void => {
    say("NOTICE", `Last ${kind} backup left a partial set, restarting.`);
    if (lost > 0) {
      const which = from === 1 ? "The first volume" : lost === 1 ? `Volume ${from}` : `Volumes ${from} to ${from + lost - 1}`;
      say("NOTICE", `RESTART: ${which} failed to upload before termination.\n         Restarting backup at volume ${from}.`);
    }
    if (after === undefined) return;
    const block = after.block === undefined ? "" : `, block ${after.block}`;
    say("NOTICE", `Restarting after volume ${from - 1}, file ${shown(after.path)}${block}`);
  };

  const entryDone = ({ path, entryType, change }: Extract<RunEvent, { type: "entry.done" }>): void => {
    if (change === undefined) {
      const type = ENTRY_TYPES[entryType];
      return say("INFO", `Writing ${shown(path)} of type ${type}`, { code: 7, extra: `${quotedPath(path)} ${type}` });
    }
    const [code, letter] = CHANGES[change];
    return say("INFO", `${letter} ${shown(path)}`, { code, extra: quotedPath(path) });
  };

  const onResult = (result: Result): void => {
    switch (result.kind) {
      case "backup": {
        const { statistics, outcome } = result.report;
        if (progress && outcome === "stored") sayProgress(progress.finish(statistics.totalDestinationSizeChange, now()));
        if (options.statistics) say("NOTICE", statisticsBlock(statistics).slice(0, -1), { forced: true });
        return;
      }
      case "restore": {
        const { wanted } = result.report;
        if (result.dryRun) say("NOTICE", ["Required volumes to restore:", ...wanted.map((name) => `\t${name}`)].join("\n"));
        return;
      }
      case "verify": {
        const { compared, differences, badVolumes, lost } = result.report;
        if (badVolumes + lost === 0) return say("NOTICE", verifySummary(compared, differences, counting));
        const damage = `${badVolumes} of ${result.report.volumes} volumes cannot be used, ${lost} paths are lost`;
        return say("ERROR", `The backup is damaged: ${damage}.`, { code: 21 });
      }
      case "status": {
        for (const { set, problems } of result.report.chains.flatMap(({ sets }) => sets)) {
          if (problems.length === 0) continue;
          say("WARNING", pathFromText(displayText(`The backup of ${asctime(set.id.end)} is damaged: ${problems.join("; ")}`)));
        }
        return journal.say(collectionStatus(result.report, result.archiveDir, counting));
      }
      case "changes":
        return say("INFO", CHANGES_END, { forced: true, part: "last" });
      case "file-changes":
        return say("INFO", fileChangedText(result.path, result.changes), { code: 3, forced: true });
      case "retention":
        return retentionMessages(result.report, options.force, counting).forEach((message) => journal.say(message));
      case "cleanup":
        return cleanupMessages(result.report, options.force, counting).forEach((message) => journal.say(message));
      case "list":
      case "find":
      case "diff":
      case "replicate":
      case "recipe":
      case "page":
        return; // nothing to say, or no command of duplicity
    }
  };

  const onRow = (row: Row): void => {
    switch (row.kind) {
      case "entry": {
        const { path, mtime, type } = row.entry;
        const time = new Date(mtime * 1000);
        const extra = `${compactTime(time)} ${quotedPath(path)} ${ENTRY_TYPES[type]}`;
        return say("INFO", `${asctime(time)} ${shown(path)}`, { code: 10, extra, forced: true });
      }
      case "set":
        changesSize = row.size;
        return changesSize && say("INFO", changesHead(row.set, changesSize), { code: 3, forced: true, part: "first" });
      case "change":
        return changesSize && say("INFO", changeRow(row.change, changesSize), { forced: true, part: "middle" });
      case "version":
      case "compared":
      case "diff":
        return; // no command of duplicity
    }
  };

  return {
    event: onEvent,
    row: onRow,
    result: onResult,
    error: (error, exit) => journal.say(failure(error, exit, { counting, attempts })),
    close: () => {},
  };
}

const CHANGES = { new: [4, "A"], changed: [5, "M"], deleted: [6, "D"] } as const;
