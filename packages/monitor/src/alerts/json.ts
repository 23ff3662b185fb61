import type { MonitorReport } from "../report.ts";
import type { AlertEvent } from "./ledger.ts";

/** What webhooks and commands get, as JSON; times are ISO 8601. */
export function eventJson({ key, kind, alert }: AlertEvent, now: Date): object {
  const { subject, severity, text, since, resolved } = alert;
  return { v: 1, event: kind, time: now, id: key, subject, severity, text, since, ...(resolved && { resolved }) };
}

/** The same for a digest. */
export function digestJson({ time, profiles, fleet }: MonitorReport): object {
  return { v: 1, event: "digest", time, fleet, profiles };
}
