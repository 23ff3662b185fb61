import { z } from "zod";

const instant = z.iso.datetime().transform((text) => new Date(text));
const severity = z.enum(["warning", "critical", "unknown"]);

const openAlert = z.object({
  /** What it is about: a profile's name, an endpoint, a URL. */
  subject: z.string(),
  severity,
  text: z.string(),
  since: instant,
  /** It is over; kept until all who heard of it know that, too. */
  resolved: instant.optional(),
  /** Channel to when it was told there last, and how grave it was then. */
  told: z.record(z.string(), z.object({ at: instant, severity })),
});

const alertState = z.object({
  v: z.literal(1),
  /** By `alertKey`. */
  alerts: z.record(z.string(), openAlert),
  /** Channel to the day of its last digest, `2026-11-23`. */
  digests: z.record(z.string(), z.string()),
});

export type OpenAlert = z.output<typeof openAlert>;
export type AlertState = z.output<typeof alertState>;

export const NO_ALERTS: AlertState = { v: 1, alerts: {}, digests: {} };

/** Undefined for what `JSON.stringify` of an AlertState cannot have made. */
export function parseAlertState(value: unknown): AlertState | undefined {
  return alertState.safeParse(value).data;
}
