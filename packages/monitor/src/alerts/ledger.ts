import type { MonitorReport } from "../report.ts";
import type { AlertState, OpenAlert } from "../state/alert-state.ts";

/** What a channel has to tell. */
export interface AlertEvent {
  readonly key: string;
  readonly kind: "new" | "worse" | "reminder" | "resolved";
  readonly alert: OpenAlert;
}

const HOUR_MS = 3_600_000;
const GRAVITY = { warning: 0, unknown: 1, critical: 2 } as const;

/** The alerts that are open after a check. What was not looked at stays as it was: unknown is not well. */
export function ledgerAfter(state: AlertState, report: MonitorReport): AlertState {
  const { time } = report;
  const alerts: Record<string, OpenAlert> = {};
  const open = (key: string, subject: string, { severity, text }: Pick<OpenAlert, "severity" | "text">): void => {
    const before = state.alerts[key];
    // One that comes back while somebody still has to hear that it was over was never over for him.
    alerts[key] = {
      subject,
      severity,
      text,
      since: before !== undefined && before.resolved === undefined ? before.since : time,
      told: before?.told ?? {},
    };
  };
  for (const { name, findings } of report.profiles) {
    for (const finding of findings) open(`profile ${name} ${finding.id}`, name, finding);
  }
  for (const finding of report.fleet) open(`fleet ${finding.subject} ${finding.id}`, finding.subject, finding);

  const looked = new Set(report.profiles.filter(({ failure }) => failure === undefined).map(({ name }) => `profile ${name} `));
  const silent = new Set(report.profiles.filter(({ failure }) => failure !== undefined).map(({ name }) => `profile ${name} `));
  // Whether there are strangers below a root is not known while a root, or what it is on, does not answer.
  const isFleetKnown = report.fleet.every(({ severity }) => severity !== "unknown");
  for (const [key, alert] of Object.entries(state.alerts)) {
    if (key in alerts) continue;
    if (!isFleetKnown && /^fleet .* unconfigured$/s.test(key)) {
      alerts[key] = alert;
      continue;
    }
    const owner = key.slice(0, key.lastIndexOf(" ") + 1);
    // A profile that is no longer in the file has nothing to be alarmed about.
    const over = looked.has(owner) || (report.isWhole && !silent.has(owner));
    alerts[key] = over && alert.resolved === undefined ? { ...alert, resolved: time } : alert;
  }
  return { ...state, alerts };
}

/** What this channel has not been told yet, or not for `repeatHours`; in the order of time. */
export function eventsFor(state: AlertState, channel: string, repeatHours: number, now: Date): readonly AlertEvent[] {
  const events: AlertEvent[] = [];
  for (const [key, alert] of Object.entries(state.alerts)) {
    const told = alert.told[channel];
    if (alert.resolved !== undefined) {
      if (told !== undefined) events.push({ key, kind: "resolved", alert });
    } else if (told === undefined) events.push({ key, kind: "new", alert });
    else if (GRAVITY[alert.severity] > GRAVITY[told.severity]) events.push({ key, kind: "worse", alert });
    else if (now.getTime() - told.at.getTime() >= repeatHours * HOUR_MS) events.push({ key, kind: "reminder", alert });
  }
  return events.sort((a, b) => a.alert.since.getTime() - b.alert.since.getTime() || (a.key < b.key ? -1 : 1));
}

/** The ledger once these events have been delivered through a channel. */
export function afterTelling(state: AlertState, channel: string, events: readonly AlertEvent[], now: Date): AlertState {
  const alerts = { ...state.alerts };
  for (const { key, kind } of events) {
    const alert = alerts[key];
    if (alert === undefined) continue;
    const { [channel]: _, ...others } = alert.told;
    const told = kind === "resolved" ? others : { ...others, [channel]: { at: now, severity: alert.severity } };
    alerts[key] = { ...alert, told };
  }
  return { ...state, alerts };
}

/** Without what is over and what nobody has still to hear of; `channels` are those that are configured. */
export function withoutSettled(state: AlertState, channels: readonly string[]): AlertState {
  const alerts = Object.entries(state.alerts).filter(
    ([, { resolved, told }]) => resolved === undefined || channels.some((channel) => channel in told),
  );
  return { ...state, alerts: Object.fromEntries(alerts) };
}
