import type { AlertSettings } from "../config/types.ts";
import type { AlertEvent } from "./ledger.ts";
import type { Channel } from "./channel.ts";
import { hashOf } from "./command.ts";
import { request } from "./http.ts";
import { digestJson, eventJson } from "./json.ts";

/** A POST of JSON for each event. */
export function webhookChannel({ url, headers }: AlertSettings["webhooks"][number]): Channel {
  const post = (value: object, signal: AbortSignal): Promise<void> =>
    request(
      url,
      { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) },
      signal,
    );
  return {
    id: `webhook-${hashOf(url)}`,
    label: `webhook at ${new URL(url).host}`,
    messages: (events) => events.map((event) => [event]),
    tell: ([event], { now, signal }) => post(eventJson(event as AlertEvent, now), signal),
    digest: (report, { signal }) => post(digestJson(report), signal),
  };
}
