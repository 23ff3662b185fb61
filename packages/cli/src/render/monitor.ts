import { displayText } from "@doppel/base";
import { ageText, attentionText, type MonitorReport, type ProfileReport, sizeText, timeIn } from "@doppel/monitor";
import { setKind } from "./rows.ts";
import { tableLines } from "./table.ts";

const HEAD = ["Server", "State", "Last backup", "Age", "Kind", "Size", "All", "Expires", "Proven"] as const;

/** A row for each server, and what is wrong below. */
export function monitorText({ profiles, fleet, time }: MonitorReport): string {
  const rows = profiles.map((profile) => row(profile, time));
  const aligned = HEAD.map((head) => (["Age", "Size", "All"].includes(head) ? "right" : "left"));
  const table =
    rows.length === 0 ? ["There are no profiles: doppel profile import makes one of duply's."] : tableLines(HEAD, aligned, rows);
  const problems = [
    ...fleet.map(({ severity, subject, text }) => `${severity.toUpperCase()} ${subject}: ${text}`),
    ...profiles.flatMap(({ name, findings }) =>
      findings.map(({ severity, text }) => `${severity.toUpperCase()} ${name}: ${text}`),
    ),
  ].map(displayText);
  const wrong = profiles.filter(({ severity }) => severity !== "ok").length;
  const state = wrong === 0 && fleet.length === 0 ? "all is well" : attentionText(wrong, profiles.length);
  const parts = [table, ...(problems.length > 0 ? [problems] : []), ...(rows.length > 0 ? [[state]] : [])];
  return `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function row({ name, severity, summary }: ProfileReport, now: Date): readonly string[] {
  if (summary === undefined) return [name, severity, "?", "", "", "", "", "", ""];
  const { lastBackup, lastGoodExpires, lastProven, bytes, timeZone, pausedUntil, restoreSeconds } = summary;
  const until = (date: Date): string => (date > now ? `in ${ageText(date.getTime() - now.getTime())}` : "now");
  const took = restoreSeconds === undefined ? "" : ` (all: ${ageText(restoreSeconds * 1000)})`;
  return [
    name,
    pausedUntil ? `${severity}, paused until ${timeIn(timeZone, pausedUntil)}` : severity,
    lastBackup ? timeIn(timeZone, lastBackup.time) : "none",
    lastBackup ? ageText(now.getTime() - lastBackup.time.getTime()) : "",
    lastBackup ? setKind(lastBackup.kind) : "",
    lastBackup ? sizeText(lastBackup.storedBytes) : "",
    sizeText(bytes),
    lastGoodExpires ? until(lastGoodExpires) : "",
    lastProven ? `${ageText(now.getTime() - lastProven.getTime())} ago${took}` : "never",
  ];
}
