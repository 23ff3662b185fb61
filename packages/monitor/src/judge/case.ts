import type { Facts } from "../check/facts.ts";
import type { Expectations, Profile } from "../config/types.ts";
import type { DrillRun } from "../state/drills.ts";
import { timeIn } from "../schedule/zone.ts";

/** All that a judgement is made from. */
export interface Case {
  readonly facts: Facts;
  readonly expect: Expectations;
  readonly drill?: Profile["drill"];
  readonly drills: readonly DrillRun[];
  /** Whether a key is known that receipts are signed with. */
  readonly signed: boolean;
  /** Fingerprints and key IDs of keys (upper case) to the IDs of the subkeys that messages name: of those whose key files are known. */
  readonly subkeys: ReadonlyMap<string, readonly string[]>;
}

/** An instant as the server's people know it. */
export function when({ expect }: Pick<Case, "expect">, time: Date): string {
  return timeIn(expect.timeZone, time);
}

/** The sets that this look has to judge: those that no look before it saw, and always the newest. */
export function judged({ facts }: Pick<Case, "facts">): Case["facts"]["sets"] {
  const first = facts.memory.sets.length === 0;
  return facts.sets.filter((set, i) => i === 0 || (!first && set.isNew));
}

/** The clock of a server may be that much ahead. */
const AHEAD_MS = 10 * 60_000;

/** Whether nothing can be from then yet. */
export function isToCome(time: Date, now: Date): boolean {
  return time.getTime() > now.getTime() + AHEAD_MS;
}

export const DAY_MS = 86_400_000;

/** `3 days`, `5 hours`, `12 minutes`. */
export function ageText(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

/** Bytes in powers of 1000, as disks are sold: `1.2 GB`. */
export function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `2 of 17 servers need attention` */
export function attentionText(wrong: number, all: number): string {
  return `${wrong} of ${all} server${all === 1 ? "" : "s"} ${wrong === 1 ? "needs" : "need"} attention`;
}
