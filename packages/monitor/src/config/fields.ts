/** The small languages of a profiles file: all of them are text, and whatever is not understood is undefined. */

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** `90s`, `15m`, `26h`, `1h30m`, `30d`, `2w`: seconds, above 0. */
export function secondsOf(text: string): number | undefined {
  if (!/^(?:\d{1,9}[smhdw])+$/i.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.toLowerCase().matchAll(/(\d+)([smhdw])/g))
    sum += Number(count) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
  return sum > 0 ? sum : undefined;
}

/** `03:30`: the minute of the day. */
export function minuteOfDay(text: string): number | undefined {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hour === undefined ? undefined : Number(hour) * 60 + Number(minute);
}

/** `mon`, `mon-fri`, `sat,sun`: days of the week in order, 0 = Sunday. A range may go over the end of the week. */
export function daysOf(text: string): readonly number[] | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const [first, last = first, ...more] = part
      .split("-")
      .map((name) => DAYS.findIndex((day) => day === name.trim().slice(0, 3)));
    if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}

/** A fraction or a factor, above 0. */
export function numberOf(text: string): number | undefined {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}
