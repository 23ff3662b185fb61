import { type BytePath, displayPath, DoppelError, type PathEntry, pathToBytes, type RunEvent } from "@doppel/base";
import type { SetStatus, StatusReport } from "@doppel/engine";
import type { Renderer, Result } from "./renderer.ts";
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
    entry: (entry) => write("entry", entryFields(entry)),
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
    case "metadata.copied":
      return { name: event.name };
    case "retry":
      return { operation: event.operation, attempt: event.attempt, detail: event.detail };
    case "debug":
      return { detail: event.detail };
    case "run.finished":
      return { kind: event.kind, incomplete: event.incomplete };
  }
}

function resultFields(result: Result): Fields {
  switch (result.kind) {
    case "backup": {
      const { set, statistics, incomplete } = result.report;
      return { kind: "backup", seconds: result.seconds, incomplete, ...setFields(set), statistics };
    }
    case "restore":
      return { kind: "restore", seconds: result.seconds, target: result.target, ...result.report };
    case "status":
      return { kind: "status", ...statusFields(result.report) };
    case "recipe":
      return { kind: "recipe", script: Buffer.from(result.script).toString("utf8"), scriptB64: base64(result.script) };
  }
}

function statusFields(report: StatusReport): Fields {
  return {
    target: report.target,
    chains: report.chains.map(({ sets }) => ({ sets: sets.map(setStatusFields) })),
    incomplete: report.incomplete.map(setStatusFields),
    orphaned: report.orphaned.map(setStatusFields),
    orphanedSignatures: report.orphanedSignatures,
    conflicts: report.conflicts,
  };
}

function setStatusFields({ set, volumeBytes, metadataBytes }: SetStatus): Fields {
  return { ...setFields(set), volumeBytes, metadataBytes };
}

function setFields(set: SetStatus["set"]): Fields {
  const { kind, start, end } = set.id;
  return { set: kind, ...(kind === "inc" && { start }), time: end, volumes: set.volumes.size, encrypted: set.encoding === "gpg" };
}

function entryFields(entry: PathEntry): Fields {
  const { type, mode, uid, gid, uname, gname, mtime, linkTarget, device } = entry;
  return {
    ...pathFields(entry.path),
    entryType: type,
    time: new Date(mtime * 1000),
    mode: mode.toString(8).padStart(4, "0"),
    uid,
    gid,
    uname: textOf(uname),
    gname: textOf(gname),
    ...(linkTarget !== undefined && prefixed("linkTarget", pathFields(linkTarget))),
    ...(device !== undefined && { device }),
  };
}

/** A path for reading, and its bytes where reading it does not tell them. */
function pathFields(path: BytePath): { readonly path: string; readonly pathB64?: string } {
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

function textOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
