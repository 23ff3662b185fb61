import type { Expectations } from "../config/types.ts";
import { localTimeIn } from "../config/zone.ts";
import { type Slot, slotOf } from "./zone.ts";

/** A server's clock may be that much behind, and its timer that much early. */
const EARLY_MS = 15 * 60_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

type When = Pick<Expectations, "timeZone" | "schedule" | "graceMinutes" | "pausedUntil">;

/** The backup that has to be there by now. */
export interface Due {
  /** It is at least from then. */
  readonly since: Date;
  /** It had to be there at that time. */
  readonly deadline: Date;
}

/** The last backup whose time and grace are over; undefined when none was to be made before `now`, or only in a pause. */
export function lastDue(expect: When, now: Date): Due | undefined {
  const { schedule, graceMinutes, timeZone, pausedUntil } = expect;
  const grace = graceMinutes * MINUTE_MS;
  if (schedule.kind === "every") {
    const since = new Date(now.getTime() - schedule.hours * 60 * MINUTE_MS - grace);
    return pausedUntil !== undefined && since < pausedUntil ? undefined : { since, deadline: now };
  }
  const before = now.getTime() - grace;
  for (const slot of slotsAround(schedule, timeZone, new Date(before), [1, -9])) {
    if (slot.latest.getTime() > before) continue;
    if (pausedUntil !== undefined && slot.earliest < pausedUntil) return undefined;
    return { since: new Date(slot.earliest.getTime() - EARLY_MS), deadline: new Date(slot.latest.getTime() + grace) };
  }
  return undefined;
}

/** When a monitor that looks at `now` will call the next backup missed, should none come; `newest`: the last there is. */
export function nextDeadline(expect: When, now: Date, newest: Date | undefined): Date | undefined {
  const { schedule, graceMinutes, timeZone, pausedUntil } = expect;
  const grace = graceMinutes * MINUTE_MS;
  const from = pausedUntil !== undefined && pausedUntil > now ? pausedUntil : now;
  if (schedule.kind === "every") {
    const counted = newest === undefined || newest < (pausedUntil ?? newest) ? from : newest;
    return new Date(counted.getTime() + schedule.hours * 60 * MINUTE_MS + grace);
  }
  const after = newest === undefined ? from.getTime() - grace : Math.max(newest.getTime() + EARLY_MS, from.getTime() - grace);
  for (const slot of slotsAround(schedule, timeZone, new Date(after), [-1, 9])) {
    if (slot.earliest.getTime() > after && !(pausedUntil !== undefined && slot.earliest < pausedUntil)) {
      return new Date(slot.latest.getTime() + grace);
    }
  }
  return undefined;
}

/** The slots of the days from `first` to `last`, counted from the day of `instant`; in that order. */
function* slotsAround(
  schedule: Extract<Expectations["schedule"], { kind: "daily" }>,
  zone: string,
  instant: Date,
  [first, last]: readonly [number, number],
): Generator<Slot> {
  const { year, month, day } = localTimeIn(zone, instant);
  const step = first < last ? 1 : -1;
  for (let i = first; i !== last + step; i += step) {
    const date = new Date(Date.UTC(year, month - 1, day) + i * DAY_MS);
    if (!schedule.days.includes(date.getUTCDay())) continue;
    const there = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    yield slotOf(zone, there, schedule.minuteOfDay);
  }
}
