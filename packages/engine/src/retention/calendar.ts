/** A day as a calendar on the wall shows it; `month` 1 to 12. */
export interface CalendarDay {
  /** Of the common era. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

/** Which day an instant is: the time zone as a function. */
export type DayOf = (time: Date) => CalendarDay;

/** Days as they are in Greenwich. */
export const utcDay: DayOf = (time) => ({
  year: time.getUTCFullYear(),
  month: time.getUTCMonth() + 1,
  day: time.getUTCDate(),
});

export const PERIODS = ["daily", "weekly", "monthly", "yearly"] as const;
export type Period = (typeof PERIODS)[number];

/** The period of the calendar that a day is in, as text: `2026-11-22`, `week of 2026-11-16` (its Monday), `2026-11`, `2026`. */
export function periodOf(period: Period, { year, month, day }: CalendarDay): string {
  switch (period) {
    case "daily":
      return isoDay(year, month, day);
    case "weekly": {
      const sinceMonday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
      return `week of ${isoDay(year, month, day - sinceMonday)}`;
    }
    case "monthly":
      return isoDay(year, month, day).slice(0, 7);
    case "yearly":
      return isoDay(year, month, day).slice(0, 4);
  }
}

/** `day` may lie outside the month. */
function isoDay(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}
