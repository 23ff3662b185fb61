/** A set's time as file names carry it: `20261122T024319Z`, UTC, whole seconds (spec 1.2). */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

const COMPACT = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
/** The last second that a name may carry: the end of the year 2099. */
const LATEST = Date.UTC(2100, 0, 1) / 1000 - 1;

/**
 * A time in a file name (spec 1.2): the 16-character form in any case, the old form with a zone
 * (`2026-11-21T21:41:22-05:00`), or all digits, the seconds since 1970.
 *
 * @param separator what stands for the colon in the old form (`--time-separator`).
 * @returns undefined for anything else, for a year outside 1901..2099, and for 1970-01-01T00:00:00Z itself.
 */
export function parseTime(text: string, separator = ":"): Date | undefined {
  if (/^\d+$/.test(text)) return instant(Number(text));
  const upper = text.toUpperCase();
  const fields = COMPACT.exec(upper);
  const seconds = fields === null ? zonedSeconds(upper, separator) : utcSeconds(fields);
  return seconds === undefined ? undefined : instant(seconds);
}

/** Seconds of the old form; undefined when the text is not of that form. Also without a zone, when `localOffset` is given. */
export function zonedSeconds(upper: string, separator: string, localOffset?: number): number | undefined {
  const mark = separator.toUpperCase().replace(/[^A-Z0-9]/g, "\\$&");
  const form = new RegExp(
    `^(\\d{4})-(\\d\\d)-(\\d\\d)T(\\d\\d)${mark}(\\d\\d)${mark}(\\d\\d)(?:(Z)|([+-])(\\d\\d)(?::|${mark})(\\d\\d))?$`,
  );
  const fields = form.exec(upper);
  if (fields === null) return undefined;
  const local = utcSeconds(fields);
  if (local === undefined) return undefined;
  const [zulu, sign, hours, minutes] = fields.slice(7);
  if (zulu !== undefined) return local;
  if (sign === undefined) return localOffset === undefined ? undefined : local - localOffset;
  const offset = Number(hours) * 3600 + Number(minutes) * 60;
  return sign === "+" ? local - offset : local + offset;
}

/** Seconds of a written time as if it were UTC; the day is not checked against the month, as in stock. */
function utcSeconds(fields: readonly string[]): number | undefined {
  const [year, month, day, hour, minute, second] = fields.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const sane = hour < 24 && minute < 60 && second < 62;
  return sane ? dateSeconds(year, month, day, hour * 3600 + minute * 60 + second) : undefined;
}

/** Seconds of a calendar day plus `ofDay`, as if it were UTC; undefined when out of the format's range. */
export function dateSeconds(year: number, month: number, day: number, ofDay = 0): number | undefined {
  if (year < 1901 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return Date.UTC(year, month - 1, day) / 1000 + ofDay;
}

function instant(seconds: number): Date | undefined {
  return seconds === 0 || seconds > LATEST ? undefined : new Date(seconds * 1000);
}
