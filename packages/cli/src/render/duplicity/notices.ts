import { type BytePath, displayText, isDoppelError, type NoticeReason, pathFromText, type RunEvent } from "@doppel/base";
import { DAMAGED } from "../../exit-codes.ts";
import { asctime } from "../times.ts";
import { hashMismatch, shown } from "./failures.ts";
import { quotedPath } from "./machine-log.ts";
import type { Message } from "./message.ts";
import { compactTime } from "./wording.ts";

type Notice = Extract<RunEvent, { type: "notice" }>;

/** What is only told to who wants to know everything. */
const DETAILS: readonly string[] = ["target", "option"];
/** What hurts later, though nothing is missing now. */
const WARNINGS: readonly NoticeReason[] = ["source", "damaged"];

/**
 * Something to tell about a path or a run, with stock's words and numbers where it has them (cli spec 6.2, 8, 13).
 * @param state the time of what is read, for a listing: then a time that is too old is told as stock does
 */
export function noticeMessage(notice: Notice, state?: Date): Message {
  const { path, incomplete, reason, cause } = notice;
  const detail = pathFromText(displayText(notice.detail));
  const name = shown(path ?? ("" as BytePath));
  const extra = path === undefined ? {} : { extra: quotedPath(path) };
  const about = path === undefined ? detail : `${name}: ${detail}`;
  if (reason === "socket") return { level: "INFO", code: 15, ...extra, text: `Skipping socket ${name}` };
  if (reason === "unreadable" || reason === "vanished") {
    const code = reason === "vanished" ? 9 : 10;
    return { level: "WARNING", code, ...extra, text: `Error accessing possibly locked file ${about}` };
  }
  if (reason === "conflict" || reason === "lost" || reason === "uncertain")
    return { level: "WARNING", code: 12, ...extra, text: `Error '${detail}' processing ${name}` };
  if (reason === "volume") {
    const text = isDoppelError(cause, "volume.hash-mismatch") ? hashMismatch(cause.data) : about;
    return { level: "ERROR", code: DAMAGED, text };
  }
  if (reason === "time" && state !== undefined) return noSuchTime(state);
  if (DETAILS.includes(reason)) return { level: "INFO", text: about };
  const isWarning = incomplete || reason === "time" || WARNINGS.includes(reason);
  return { level: isWarning ? "WARNING" : "NOTICE", text: about };
}

function noSuchTime(state: Date): Message {
  const text = `No signature chain for the requested time. The oldest one is used, of ${asctime(state)}.`;
  return { level: "WARNING", code: 11, extra: compactTime(state), text };
}
