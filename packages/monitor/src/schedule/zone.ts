import { offsetMs } from "../config/zone.ts";

/** A day of the calendar; months count from 1. */
export interface Day {
  readonly year: number;
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

/** When clocks there show that minute of that day. */
export function slotOf(zone: string, { year, month, day }: Day, minuteOfDay: number): Slot {
  const wall = Date.UTC(year, month - 1, day, 0, minuteOfDay);
  const guesses = [wall - offsetMs(zone, wall - DAY_MS), wall - offsetMs(zone, wall + DAY_MS)];
  const right = guesses.filter((instant) => instant + offsetMs(zone, instant) === wall);
  const instants = right.length > 0 ? right : guesses;
  return { earliest: new Date(Math.min(...instants)), latest: new Date(Math.max(...instants)) };
}

/** `2026-11-23 03:10 +01:00` */
export function timeIn(zone: string, instant: Date): string {
  const offset = Math.round(offsetMs(zone, instant.getTime()) / 60_000);
  const wall = new Date(instant.getTime() + offset * 60_000).toISOString();
  const ahead = Math.abs(offset);
  const clock = `${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
  return `${wall.slice(0, 10)} ${wall.slice(11, 16)} ${offset < 0 ? "-" : "+"}${clock}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
