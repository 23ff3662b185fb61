import type { Finding } from "./finding.ts";

/** Servers refuse what was signed longer ago, or later. */
const REFUSED_MS = 15 * 60_000;
const NOTICED_MS = 60_000;

/** What a difference of clocks means. @param ahead  milliseconds by which the other clock is ahead of this machine's */
export function skewFinding(ahead: number, whose: string): Finding {
  const id = "clock";
  const seconds = Math.round(Math.abs(ahead) / 1000);
  if (Math.abs(ahead) <= NOTICED_MS) return { id, level: "pass", title: `this machine's clock agrees with ${whose}` };
  const shown =
    seconds < 600
      ? `${seconds} seconds`
      : seconds < 36_000
        ? `${Math.round(seconds / 60)} minutes`
        : `${Math.round(seconds / 3600)} hours`;
  return {
    id,
    level: Math.abs(ahead) >= REFUSED_MS ? "fail" : "warn",
    title: `this machine's clock is ${shown} ${ahead > 0 ? "behind" : "ahead of"} ${whose}`,
    detail: "backups are named by the time at which they were made, and requests are refused when clocks differ by 15 minutes",
    remedy: "let it be set: timedatectl set-ntp true",
  };
}
