/** A day of the calendar. */
export interface Day {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/**
 * The instants that a clock on the wall may mean. They differ where clocks are set back (the time comes twice) and where they
 * are set forward (it does not come at all: then they are those before and after the jump by which a timer may have gone).
 */
export interface Slot {
  readonly earliest: Date;
  readonly latest: Date;
}

const DAY_MS = 86_400_000;
/** Making a format costs a hundred times what using it does. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether the system knows an IANA time zone of that name. */
export function isTimeZone(zone: string): boolean {
  try {
    formatFor(zone);
    return true;
  } catch {
    return false;
  }
}

/** How far a zone's clocks are ahead of UTC at that instant, in milliseconds. @throws RangeError for a zone that nobody knows */
export function offsetAt(zone: string, instant: number): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatFor(zone).formatToParts(instant)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

/** The day that it is there at that instant. */
export function dayIn(zone: string, instant: Date): Day {
  const wall = new Date(instant.getTime() + offsetAt(zone, instant.getTime()));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() };
}

/** Minutes since midnight there, as the clocks show it. */
export function minuteIn(zone: string, instant: Date): number {
  const wall = new Date(instant.getTime() + offsetAt(zone, instant.getTime()));
  return wall.getUTCHours() * 60 + wall.getUTCMinutes();
}

/** When clocks there show that minute of that day. */
export function slotOf(zone: string, { year, month, day }: Day, minuteOfDay: number): Slot {
  const wall = Date.UTC(year, month - 1, day, 0, minuteOfDay);
  const guesses = [wall - offsetAt(zone, wall - DAY_MS), wall - offsetAt(zone, wall + DAY_MS)];
  const right = guesses.filter((instant) => instant + offsetAt(zone, instant) === wall);
  const instants = right.length > 0 ? right : guesses;
  return { earliest: new Date(Math.min(...instants)), latest: new Date(Math.max(...instants)) };
}

/** `2026-11-23 03:10 +01:00` */
export function timeIn(zone: string, instant: Date): string {
  const offset = Math.round(offsetAt(zone, instant.getTime()) / 60_000);
  const wall = new Date(instant.getTime() + offset * 60_000).toISOString();
  const ahead = Math.abs(offset);
  const clock = `${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
  return `${wall.slice(0, 10)} ${wall.slice(11, 16)} ${offset < 0 ? "-" : "+"}${clock}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
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
  return format;
}
