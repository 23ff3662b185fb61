import { localTimeIn } from "../config/zone.ts";
import type { AlertSettings } from "../config/types.ts";
import type { MonitorReport } from "../report.ts";
import type { AlertState } from "../state/alert-state.ts";
import type { MonitorState } from "../state/store.ts";
import type { Channel, MessageContext } from "./channel.ts";
import { Hangs } from "./hangs.ts";
import { commandChannel } from "./command.ts";
import { afterTelling, eventsFor, ledgerAfter, withoutSettled } from "./ledger.ts";
import { mailChannel } from "./mail.ts";
import { ping } from "./ping.ts";
import { webhookChannel } from "./webhook.ts";

export interface DeliverDeps {
  readonly settings: AlertSettings;
  readonly state: MonitorState;
  /** Of the programs that are run; of it they get what is no secret. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** One message may be refused for what is in it; after so many it is the channel that does not work. */
const GIVE_UP = 3;

/**
 * Tells what a check has found to all who want to know, each thing once. What could not be delivered is tried again after the next check.
 * @returns a line for each channel that failed
 * @throws temp.unusable when it cannot be remembered
 */
export async function deliver(
  report: MonitorReport,
  digest: boolean,
  { settings, state, env, signal }: DeliverDeps,
): Promise<readonly string[]> {
  const channels = channelsOf(settings, env);
  const context: MessageContext = { now: report.time, timeZone: settings.timeZone, signal };
  let ledger = ledgerAfter(await state.alerts(), report);
  await state.saveAlerts(ledger);
  const failures: string[] = [];
  for (const channel of channels) {
    let failed = 0;
    for (const events of channel.messages(eventsFor(ledger, channel.id, settings.repeatHours, report.time))) {
      try {
        await channel.tell(events, context);
      } catch (error) {
        signal.throwIfAborted();
        if (failed++ === 0) failures.push(`${channel.label}: ${(error as Error).message}`);
        if (failed === GIVE_UP || error instanceof Hangs) break;
        continue;
      }
      ledger = afterTelling(ledger, channel.id, events, report.time);
      await state.saveAlerts(ledger);
    }
    if (failed > 0) continue;
    try {
      const today = dayOf(settings, report.time);
      if (digest || (report.isWhole && isDigestDue(ledger, channel.id, settings, report.time))) {
        await channel.digest(report, context);
        ledger = { ...ledger, digests: { ...ledger.digests, [channel.id]: today } };
        await state.saveAlerts(ledger);
      }
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${channel.label}: ${(error as Error).message}`);
    }
  }
  await state.saveAlerts(
    withoutSettled(
      ledger,
      channels.map(({ id }) => id),
    ),
  );
  const isWell = report.fleet.every(isBearable) && report.profiles.every(isBearable);
  return [...failures, ...(report.isWhole ? await ping(settings.pings, isWell, signal) : [])];
}

function channelsOf({ mail, webhooks, commands }: AlertSettings, env: DeliverDeps["env"]): readonly Channel[] {
  return [
    ...(mail ? [mailChannel(mail, env)] : []),
    ...webhooks.map(webhookChannel),
    ...commands.map((command) => commandChannel(command, env)),
  ];
}

function isDigestDue(ledger: AlertState, channel: string, settings: AlertSettings, now: Date): boolean {
  const { digestAtMinute, timeZone } = settings;
  if (digestAtMinute === undefined || ledger.digests[channel] === dayOf(settings, now)) return false;
  return localTimeIn(timeZone, now).minuteOfDay >= digestAtMinute;
}

function dayOf({ timeZone }: AlertSettings, now: Date): string {
  const { year, month, day } = localTimeIn(timeZone, now);
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** What a service that only knows well and failed is told. */
function isBearable({ severity }: { readonly severity: string }): boolean {
  return severity === "ok" || severity === "warning";
}
