/** A time on the clocks of a place. Months count from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly minuteOfDay: number;
}

/** Whether the name is one of the IANA database that this Node knows. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false; // newer engines take +01:00, which knows no summer
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The instant at which clocks show this. A time that clocks skip is as much later as they skip; of one that comes twice it is
 * the first. A day or month beyond its range counts on into the next. @param zone  IANA name that is known
 */
export function instantIn(zone: string, { year, month, day, minuteOfDay }: LocalTime): Date {
  const asIfUtc = Date.UTC(year, month - 1, day, 0, minuteOfDay);
  const dayMs = 86_400_000;
  // Offsets of the day before and after are all that can be at work: clocks do not change twice in two days.
  const before = asIfUtc - offsetMs(zone, asIfUtc - dayMs);
  const after = asIfUtc - offsetMs(zone, asIfUtc + dayMs);
  const holds = [before, after].filter((instant) => instant + offsetMs(zone, instant) === asIfUtc);
  return new Date(holds.length > 0 ? Math.min(...holds) : Math.max(before, after));
}

/** What clocks show at an instant. */
export function localTimeIn(zone: string, instant: Date): LocalTime {
  const shown = new Date(instant.getTime() + offsetMs(zone, instant.getTime()));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    minuteOfDay: shown.getUTCHours() * 60 + shown.getUTCMinutes(),
  };
}

/** `2026-12-24`, `2026-12-24 18:00`: on the clocks of the zone; undefined when it is no date. */
export function dateIn(zone: string, text: string): Date | undefined {
  const [, year, month, day, hour = "0", minute = "0"] =
    /^(\d{4})-(\d\d)-(\d\d)(?:[ T]([01]\d|2[0-3]):([0-5]\d))?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  const check = new Date(Date.UTC(date.year, date.month - 1, date.day));
  if (check.getUTCMonth() + 1 !== date.month || check.getUTCDate() !== date.day) return undefined;
  return instantIn(zone, { ...date, minuteOfDay: Number(hour) * 60 + Number(minute) });
}

const formats = new Map<string, Intl.DateTimeFormat>(); // making one costs as much as using it a hundred times

/** How far a zone's clocks are ahead of UTC at that instant (milliseconds since 1970), in milliseconds. */
export function offsetMs(zone: string, instant: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-u-ca-iso8601", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shown - Math.floor(instant / 1000) * 1000;
}
