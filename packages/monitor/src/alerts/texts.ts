import { displayText } from "@doppel/base";
import { ageText, attentionText, sizeText } from "../judge/case.ts";
import type { MonitorReport, ProfileReport } from "../report.ts";
import { timeIn } from "../schedule/zone.ts";
import type { AlertEvent } from "./ledger.ts";

const MOST_SUBJECT = 140;

/** A plain text for people. */
export interface Message {
  /** One line: which server, and what. */
  readonly subject: string;
  readonly text: string;
}

/** One message about one subject. */
export function alertMessage(events: readonly AlertEvent[], timeZone: string): Message {
  const [first] = events.toSorted((a, b) => rank(a) - rank(b));
  const more = events.length > 1 ? ` (and ${events.length - 1} more)` : "";
  const { subject, text } = first!.alert;
  return {
    subject: oneLine(`[doppel] ${word(first!)} ${subject}: ${text}`, MOST_SUBJECT - more.length) + more,
    text: `${events.map((event) => paragraph(event, timeZone)).join("\n\n")}\n\n-- \ndoppel monitor check shows the state of all servers.\n`,
  };
}

/** All servers, also when all is well. */
export function digestMessage(report: MonitorReport, timeZone: string): Message {
  const { profiles, fleet, time } = report;
  const wrong = profiles.filter(({ severity }) => severity !== "ok").length;
  const state = wrong === 0 && fleet.length === 0 ? "all is well" : attentionText(wrong, profiles.length);
  const problems = [
    ...fleet.map(({ severity, subject, text }) => `${severity.toUpperCase()} ${subject}: ${text}`),
    ...profiles.flatMap(({ name, findings }) =>
      findings.map(({ severity, text }) => `${severity.toUpperCase()} ${name}: ${text}`),
    ),
  ].map((line) => displayText(line));
  const parts = [
    `Backups of ${profiles.length} servers at ${timeIn(timeZone, time)}: ${state}.`,
    ...(problems.length > 0 ? [problems.map((line) => wrapped(line).trimStart()).join("\n")] : []),
    table(profiles, time),
  ];
  return { subject: `[doppel] digest: ${state}`, text: `${parts.join("\n\n")}\n` };
}

function paragraph({ kind, alert }: AlertEvent, timeZone: string): string {
  const { severity, subject, text, since, resolved } = alert;
  const begun = timeIn(timeZone, since);
  if (kind === "resolved") {
    return `RESOLVED ${displayText(subject)}, ${timeIn(timeZone, resolved ?? since)}\n${wrapped(`was since ${begun}: ${displayText(text)}`)}`;
  }
  const again = kind === "reminder" ? " (still)" : kind === "worse" ? " (worse than before)" : "";
  return `${severity.toUpperCase()}${again} ${displayText(subject)}, since ${begun}\n${wrapped(displayText(text))}`;
}

function word({ kind, alert }: AlertEvent): string {
  if (kind === "resolved") return "RESOLVED";
  return kind === "reminder" ? `still ${alert.severity.toUpperCase()}` : alert.severity.toUpperCase();
}

function rank({ kind, alert }: AlertEvent): number {
  if (kind === "resolved") return 3;
  return { critical: 0, unknown: 1, warning: 2 }[alert.severity];
}

function oneLine(text: string, most: number): string {
  const shown = displayText(text);
  return shown.length > most ? `${shown.slice(0, most - 3)}...` : shown;
}

/** Indented lines of a mail's usual length; a word that is longer stays whole. */
function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line.length + word.length > 70 && line !== "") lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => `  ${line}`).join("\n");
}

/** Columns of spaces: a mail has no other means. */
function table(profiles: readonly ProfileReport[], now: Date): string {
  const rows = [["Server", "State", "Last backup", "Size", "Proven"], ...profiles.map((profile) => row(profile, now))];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function row({ name, severity, summary }: ProfileReport, now: Date): readonly string[] {
  const { lastBackup, lastProven } = summary ?? {};
  const ago = (time: Date | undefined): string => (time ? `${ageText(now.getTime() - time.getTime())} ago` : "never");
  return [
    name,
    severity,
    summary ? ago(lastBackup?.time) : "?",
    lastBackup ? sizeText(lastBackup.storedBytes) : "",
    summary ? ago(lastProven) : "?",
  ];
}
