const UNITS = ["KB", "MB", "GB", "TB"] as const;

/**
 * Bytes as duplicity writes them (cli spec 4.3): powers of 1024, three significant digits, `1 byte`, `N bytes`.
 */
export function byteText(bytes: number): string {
  if (bytes < 0) return `-${byteText(-bytes)}`;
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length);
  const value = bytes / 1024 ** power;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${UNITS[power - 1]}`;
}

/** Seconds as duplicity writes them (cli spec 4.3): `1 hour 2 minutes 3.50 seconds`, zero parts left out. */
export function elapsedText(seconds: number): string {
  const parts: string[] = [];
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (hours > 0) parts.push(counted(hours, "hour"));
  if (minutes > 0) parts.push(counted(minutes, "minute"));
  if (rest === 1) parts.push("1 second");
  else if (rest > 1 || parts.length === 0) parts.push(`${rest.toFixed(2)} seconds`);
  return parts.join(" ");
}

/** A duration at a glance: `0.4 s`, `12 s`, `3 min 20 s`, `36 min`, `2 h 05 min`. */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** `1 volume`, `3 volumes`; the plural is given where it is not with an `s`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
