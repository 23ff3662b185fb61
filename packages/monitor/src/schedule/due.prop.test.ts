import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localTimeIn } from "../config/zone.ts";
import { lastDue, nextDeadline } from "./due.ts";
import { slotOf } from "./zone.ts";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** Some that change by an hour, by half of one, at midnight, in another season, for a month, and not at all. */
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Santiago",
  "America/Nuuk",
  "Asia/Kolkata",
  "Asia/Beirut",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
] as const;

const zone = fc.constantFrom(...ZONES);
/** Days since 2015-01-01, for 25 years. */
const someDay = fc.integer({ min: 0, max: 25 * 365 });
const minuteOfDay = fc.integer({ min: 0, max: 1439 });
const dayOf = (index: number) => {
  const date = new Date(Date.UTC(2015, 0, 1) + index * DAY);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
};
const daily = (timeZone: string, minute: number, graceMinutes: number) => ({
  timeZone,
  schedule: { kind: "daily", days: [0, 1, 2, 3, 4, 5, 6], minuteOfDay: minute } as const,
  graceMinutes,
});

describe("days of any zone", () => {
  it("have one window each, of no time or the time that clocks jump; those of the next day begin after it", () => {
    fc.assert(
      fc.property(zone, someDay, minuteOfDay, (timeZone, index, minute) => {
        const slot = slotOf(timeZone, dayOf(index), minute);
        const next = slotOf(timeZone, dayOf(index + 1), minute);
        expect([0, 30, 60]).toContain((slot.latest.getTime() - slot.earliest.getTime()) / MINUTE);
        expect(next.earliest.getTime() - slot.latest.getTime()).toBeGreaterThanOrEqual(22 * 60 * MINUTE);
        for (const instant of [slot.earliest, slot.latest]) {
          const shown = localTimeIn(timeZone, instant);
          const off = Date.UTC(shown.year, shown.month - 1, shown.day, 0, shown.minuteOfDay) - dayMinute(index, minute);
          // A time that does not come is shown an hour earlier or later.
          expect(Math.abs(off)).toBeLessThanOrEqual(slot.latest > slot.earliest ? 60 * MINUTE : 0);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("come due one after the other, none left out and none twice, as time goes by in steps of any length", () => {
    const grace = fc.integer({ min: 0, max: 3 * 1440 });
    const step = fc.integer({ min: 20, max: 1440 });
    fc.assert(
      fc.property(zone, someDay, minuteOfDay, grace, step, (timeZone, index, minute, graceMinutes, minutes) => {
        const expected = daily(timeZone, minute, graceMinutes);
        const deadlines = new Set<number>();
        let before = 0;
        const begin = dayMinute(index, 0);
        for (let now = begin; now < begin + 6 * DAY; now += minutes * MINUTE) {
          const { since, deadline } = lastDue(expected, new Date(now))!;
          expect(deadline.getTime()).toBeGreaterThanOrEqual(before);
          expect(deadline.getTime()).toBeLessThanOrEqual(now);
          expect(since.getTime()).toBeLessThan(deadline.getTime());
          before = deadline.getTime();
          deadlines.add(before);
          // Who has the backup of that window is next late when the next window is over.
          const next = nextDeadline(expected, new Date(now), new Date(since.getTime() + 20 * MINUTE))!.getTime();
          expect(next).toBeGreaterThan(deadline.getTime());
        }
        const all = [...deadlines];
        for (const [i, deadline] of all.entries()) {
          if (i > 0) expect(deadline - all[i - 1]!).toBeLessThanOrEqual(26 * 60 * MINUTE);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("nothing is due from a pause, and from its end on as if there had been none", () => {
    fc.assert(
      fc.property(zone, someDay, minuteOfDay, minuteOfDay, (timeZone, index, minute, end) => {
        const plain = daily(timeZone, minute, 60);
        const pausedUntil = new Date(dayMinute(index, end));
        for (let hours = -48; hours <= 72; hours += 5) {
          const now = new Date(pausedUntil.getTime() + hours * 60 * MINUTE);
          const due = lastDue({ ...plain, pausedUntil }, now);
          const without = lastDue(plain, now)!;
          if (hours <= 0) expect(due).toBeUndefined();
          if (hours >= 27) expect(due).toEqual(without);
          if (due !== undefined) expect(due).toEqual(without);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** A minute of that day, as if it were one of UTC. */
function dayMinute(index: number, minute: number): number {
  return Date.UTC(2015, 0, 1) + index * DAY + minute * MINUTE;
}
