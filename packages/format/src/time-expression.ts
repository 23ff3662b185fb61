import { DoppelError } from "@doppel/base";
import { dateSeconds, parseTime, zonedSeconds } from "./time.ts";

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  D: 86_400,
  W: 7 * 86_400,
  M: 30 * 86_400,
  Y: 365 * 86_400,
};

/**
 * A point in time as people type it after `-t` (command-line contract 3), tried in this order: `now`; all digits (seconds
 * since 1970; `0` is now, as in stock); a full date and time, without a zone in local standard time; an interval before
 * `now` (`2W1h`); a date, its midnight in local standard time. Daylight saving is never applied, as in stock.
 *
 * @param options.separator what stands for the colon (`--time-separator`).
 * @throws format.bad-time
 */
export function parseTimeExpression(text: string, now: Date, options: { readonly separator?: string } = {}): Date {
  if (text === "now" || /^0+$/.test(text)) return now;
  const milliseconds = parse(text, now, options.separator ?? ":");
  const time = new Date(milliseconds ?? Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new DoppelError(
    "format.bad-time",
    `cannot read ${JSON.stringify(text)} as a time; write now, an interval like 3D or 2W1h (units s m h D W M Y), ` +
      "a date like 2026-11-22 or 11/22/2026, a time like 2026-11-22T02:43:19Z, or seconds since 1970",
    { text },
  );
}

function parse(text: string, now: Date, separator: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const stored = parseTime(text, separator);
  if (stored !== undefined) return stored.getTime();
  const offset = standardOffset(now);
  const seconds = zonedSeconds(text.toUpperCase(), separator, offset) ?? localMidnight(text, offset);
  if (seconds !== undefined) return seconds * 1000;
  const ago = intervalSeconds(text);
  return ago === undefined ? undefined : now.getTime() - ago * 1000;
}

function intervalSeconds(text: string): number | undefined {
  if (!/^(?:\d+[smhDWMY])+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([a-zA-Z])/g)) sum += Number(count) * UNIT_SECONDS[unit!]!;
  return sum;
}

function localMidnight(text: string, offset: number): number | undefined {
  const fields =
    /^(?<year>\d{4})[-/](?<month>\d{1,2})[-/](?<day>\d{1,2})$/.exec(text) ??
    /^(?<month>\d{1,2})[-/](?<day>\d{1,2})[-/](?<year>\d{4})$/.exec(text) ??
    /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)Z$/.exec(text);
  if (fields === null) return undefined;
  const { year, month, day } = fields.groups!;
  const seconds = dateSeconds(Number(year), Number(month), Number(day));
  return seconds === undefined ? undefined : seconds - offset;
}

/** Seconds that local standard time is ahead of UTC: daylight saving is whichever half of the year is further ahead. */
function standardOffset(now: Date): number {
  const year = now.getFullYear();
  const minutesBehind = Math.max(new Date(year, 0, 1).getTimezoneOffset(), new Date(year, 6, 1).getTimezoneOffset());
  return minutesBehind * -60;
}
