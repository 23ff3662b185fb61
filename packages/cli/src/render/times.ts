const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** Local time as C's asctime: `Mon Dec  4 22:13:20 2023`. Years before 0 and after 9999 do not occur in backups. */
export function asctime(time: Date): string {
  const day = String(time.getDate()).padStart(2);
  return `${DAYS[time.getDay()]} ${MONTHS[time.getMonth()]} ${day} ${clockOf(time)} ${time.getFullYear()}`;
}

/** Local time with its zone: `2026-11-22 03:43:19 +01:00`. */
export function localTime(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const minutes = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clockOf(time)} ${zone}`;
}

/** Local time as `--log-timestamp` has it: `2026-11-22 21:24:04,035`. */
export function timestamp(time: Date): string {
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${clockOf(time)},${String(time.getMilliseconds()).padStart(3, "0")}`;
}

function clockOf(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** Made once: a listing asks for them five times a line. */
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, "0"));

function two(value: number): string {
  return TWO[value] ?? String(value);
}
