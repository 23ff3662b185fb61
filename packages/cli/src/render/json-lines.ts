import { type BytePath, displayPath, DoppelError, pathToBytes, type RunEvent, type TreeDifference } from "@doppel/base";
import type { ListedEntry, SetStatus, StatusReport } from "@doppel/engine/internal";
import { idFields, planResultFields, setFields } from "./json-plans.ts";
import type { Renderer, Result, Row } from "./renderer.ts";
import type { Sink } from "./screen.ts";

/** Raised when a field changes its meaning or goes; new fields and types may come at any time. */
const VERSION = 1;

type Fields = Readonly<Record<string, unknown>>;

/** For programs: one JSON object a line on standard output; sizes are bytes, times are ISO 8601 in UTC. */
export function jsonRenderer(stdout: Sink, verbosity: number): Renderer {
  const write = (type: string, fields: Fields): void => stdout(`${JSON.stringify({ v: VERSION, type, ...fields })}\n`);
  return {
    event: (event) => {
      if (event.type !== "debug" || verbosity >= 9) write(event.type, eventFields(event));
    },
    row: (row) => write(row.kind, rowFields(row)),
    result: (result) => write("result", resultFields(result)),
    error: (error, exit) => write("error", errorFields(error, exit)),
    close: () => {},
  };
}

/** Exhaustive, so that a new event is decided upon here and not leaked by accident. */
function eventFields(event: RunEvent): Fields {
  switch (event.type) {
    case "run.started":
      return { kind: event.kind, target: event.target, time: event.time };
    case "set.opened":
      return { kind: event.kind, time: event.time, volumes: event.volumes };
    case "notice":
      return {
        reason: event.reason,
        incomplete: event.incomplete,
        detail: event.detail,
        ...(event.path === undefined ? {} : pathFields(event.path)),
      };
    case "entry.done":
      return { ...pathFields(event.path), entryType: event.entryType, size: event.size };
    case "progress": {
      const { type: _, ...counts } = event;
      return counts;
    }
    case "volume.stored":
    case "volume.read":
      return { name: event.name, number: event.number, size: event.size };
    case "object.stored":
      return { name: event.name, size: event.size };
    case "object.deleted":
    case "metadata.copied":
      return { name: event.name };
    case "difference":
      return { ...pathFields(event.path), ...differenceFields(event.difference) };
    case "retry":
      return { operation: event.operation, attempt: event.attempt, detail: event.detail };
    case "collection.read": {
      const { lastFull, incompleteSets, orphanedSets, orphanedSignatures } = event;
      return { lastFull, incompleteSets, orphanedSets, orphanedSignatures };
    }
    case "full.forced":
      return { why: event.why };
    case "run.resumed": {
      const { kind, time, from, lost, after } = event;
      return { kind, time, from, lost, ...(after && { after: { ...pathFields(after.path), block: after.block } }) };
    }
    case "debug":
      return { detail: event.detail };
    case "run.finished":
      return { kind: event.kind, incomplete: event.incomplete };
  }
}

function differenceFields(difference: TreeDifference): Fields {
  if (difference.kind === "mtime") {
    const { kind, actual, expected } = difference;
    return { difference: kind, actual: new Date(actual * 1000), expected: new Date(expected * 1000) };
  }
  if (difference.kind === "link") {
    const { kind, actual, expected } = difference;
    return {
      difference: kind,
      ...prefixed("actual", pathFields(actual)),
      ...prefixed("expected", pathFields(expected)),
    };
  }
  if (difference.kind === "permissions") {
    const { kind, actual, expected } = difference;
    const fields = ({ uid, gid, mode }: typeof actual): Fields => ({ uid, gid, mode: modeText(mode) });
    return { difference: kind, actual: fields(actual), expected: fields(expected) };
  }
  const { kind, ...rest } = difference;
  return { difference: kind, ...rest };
}

function resultFields(result: Result): Fields {
  switch (result.kind) {
    case "backup": {
      const { set, statistics, storedBytes, incomplete, outcome } = result.report;
      return { kind: "backup", outcome, seconds: result.seconds, incomplete, ...setFields(set), storedBytes, statistics };
    }
    case "restore":
      return { kind: "restore", seconds: result.seconds, target: result.target, ...result.report };
    case "status":
      return { kind: "status", ...statusFields(result.report) };
    case "verify":
      return { kind: "verify", seconds: result.seconds, comparedData: result.comparedData, ...result.report };
    case "changes":
      return { kind: "changes", count: result.count };
    case "file-changes": {
      const changes = result.changes.map(({ set, kind }) => ({ ...idFields(set), change: kind }));
      return { kind: "file-changes", ...pathFields(result.path), changes };
    }
    case "list":
      return { kind: "list", listed: result.listed };
    case "find":
      return { kind: "find", found: result.found };
    case "diff":
      return { kind: "diff", counts: result.counts };
    case "retention":
    case "cleanup":
    case "replicate":
      return planResultFields(result);
    case "recipe":
      return { kind: "recipe", script: Buffer.from(result.script).toString("utf8"), scriptB64: base64(result.script) };
    case "page":
      return { ...result.data, kind: result.name };
  }
}

function rowFields(row: Row): Fields {
  switch (row.kind) {
    case "entry":
      return entryFields(row.entry);
    case "version": {
      const { path, set, what, until, type, mtime, sizeRange } = row.version;
      return {
        ...pathFields(path),
        ...idFields(set),
        what,
        until,
        entryType: type,
        ...(mtime !== undefined && { mtime: new Date(mtime * 1000) }),
        ...(sizeRange !== undefined && { size: sizeRange }),
      };
    }
    case "compared":
      return { from: row.from, to: row.to };
    case "diff": {
      const { path, what, before, after, uncertain } = row.difference;
      return {
        ...pathFields(path),
        what,
        ...(uncertain && { uncertain }),
        ...(before && { before: attributeFields(before) }),
        ...(after && { after: attributeFields(after) }),
      };
    }
    case "set":
      return idFields(row.set);
    case "change":
      return { ...pathFields(row.change.path), change: row.change.kind };
  }
}

function statusFields(report: StatusReport): Fields {
  return {
    target: report.target,
    chains: report.chains.map(({ chain, sets }) => ({ hasSignatures: chain.hasSignatures, sets: sets.map(setStatusFields) })),
    incomplete: report.incomplete.map(setStatusFields),
    lostManifest: report.lostManifest.map(setStatusFields),
    orphaned: report.orphaned.map((set) => ({ ...setStatusFields(set), obstacle: set.obstacle })),
    orphanedSignatures: report.orphanedSignatures,
    conflicts: report.conflicts,
  };
}

function setStatusFields({ set, volumeBytes, metadataBytes, archived, problems }: SetStatus): Fields {
  return { ...setFields(set), volumeBytes, metadataBytes, archived: Object.fromEntries(archived), problems };
}

function entryFields(entry: ListedEntry): Fields {
  return { ...pathFields(entry.path), ...attributeFields(entry) };
}

function attributeFields({ type, mode, uid, gid, uname, gname, mtime, linkTarget, device, sizeRange }: ListedEntry): Fields {
  return {
    entryType: type,
    time: new Date(mtime * 1000),
    ...(sizeRange !== undefined && { size: sizeRange }),
    mode: modeText(mode),
    uid,
    gid,
    uname: textOf(uname),
    gname: textOf(gname),
    ...(linkTarget !== undefined && prefixed("linkTarget", pathFields(linkTarget))),
    ...(device !== undefined && { device }),
  };
}

/** A path for reading, and its bytes where reading it does not tell them. */
export function pathFields(path: BytePath): { readonly path: string; readonly pathB64?: string } {
  const bytes = pathToBytes(path);
  const text = bytes.toString("utf8");
  if (Buffer.from(text, "utf8").equals(bytes)) return { path: text === "" ? "." : text };
  return { path: displayPath(path), pathB64: base64(bytes) };
}

function prefixed(name: string, { path, pathB64 }: ReturnType<typeof pathFields>): Fields {
  return { [name]: path, ...(pathB64 !== undefined && { [`${name}B64`]: pathB64 }) };
}

function errorFields(error: unknown, exit: number): Fields {
  if (error instanceof DoppelError) return { code: error.code, exit, message: error.message, data: error.data as Fields };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "bug", exit, message, ...(error instanceof Error && { stack: error.stack }) };
}

function modeText(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
