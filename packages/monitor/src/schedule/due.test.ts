import { describe, expect, it } from "vitest";
import type { Expectations } from "../config/types.ts";
import { lastDue, nextDeadline } from "./due.ts";
import { slotOf, timeIn } from "./zone.ts";

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const at = (text: string) => new Date(text);
const daily = (minuteOfDay: number, more: Partial<Expectations> = {}) => ({
  timeZone: "Europe/Berlin",
  schedule: { kind: "daily", days: EVERY_DAY, minuteOfDay } as const,
  graceMinutes: 60,
  ...more,
});

describe("the night of the change", () => {
  it("02:30 comes twice in October: either will do, and only after the second it is late", () => {
    expect(slotOf("Europe/Berlin", { year: 2026, month: 10, day: 25 }, 150)).toEqual({
      earliest: at("2026-10-25T00:30:00Z"),
      latest: at("2026-10-25T01:30:00Z"),
    });
    // 02:20 UTC: an hour of grace is over since the first, not since the second.
    expect(lastDue(daily(150), at("2026-10-25T02:20:00Z"))?.deadline).toEqual(at("2026-10-24T01:30:00Z"));
    expect(lastDue(daily(150), at("2026-10-25T02:30:00Z"))).toEqual({
      since: at("2026-10-25T00:15:00Z"),
      deadline: at("2026-10-25T02:30:00Z"),
    });
  });

  it("02:30 does not come in March: what ran at the jump, or an hour around it, will do", () => {
    expect(slotOf("Europe/Berlin", { year: 2026, month: 3, day: 29 }, 150)).toEqual({
      earliest: at("2026-03-29T00:30:00Z"),
      latest: at("2026-03-29T01:30:00Z"),
    });
    expect(lastDue(daily(150), at("2026-03-29T02:31:00Z"))?.since).toEqual(at("2026-03-29T00:15:00Z"));
  });

  it("a time outside the change keeps its clock: an hour earlier in UTC from March, later from October", () => {
    const due = (now: string) => lastDue(daily(4 * 60), at(now))?.deadline.toISOString();
    expect(due("2026-03-28T12:00:00Z")).toBe("2026-03-28T04:00:00.000Z");
    expect(due("2026-03-29T12:00:00Z")).toBe("2026-03-29T03:00:00.000Z");
    expect(due("2026-10-24T12:00:00Z")).toBe("2026-10-24T03:00:00.000Z");
    expect(due("2026-10-25T12:00:00Z")).toBe("2026-10-25T04:00:00.000Z");
  });

  it("zones of half hours, and those where midnight is skipped", () => {
    expect(slotOf("Asia/Kolkata", { year: 2026, month: 1, day: 1 }, 0).earliest).toEqual(at("2025-12-31T18:30:00Z"));
    expect(slotOf("Australia/Lord_Howe", { year: 2026, month: 4, day: 5 }, 105).earliest).toEqual(at("2026-04-04T14:45:00Z"));
    const skipped = slotOf("Africa/Cairo", { year: 2026, month: 4, day: 24 }, 0);
    expect(skipped.latest.getTime() - skipped.earliest.getTime()).toBe(3_600_000);
    expect(timeIn("America/St_Johns", at("2026-01-01T00:00:00Z"))).toBe("2025-12-31 20:30 -03:30");
  });
});

describe("what is due", () => {
  it("on certain days only", () => {
    const sundays = daily(180, { schedule: { kind: "daily", days: [0], minuteOfDay: 180 } });
    // 2026-11-22 is a Sunday.
    expect(lastDue(sundays, at("2026-11-28T12:00:00Z"))?.deadline).toEqual(at("2026-11-22T03:00:00Z"));
    expect(lastDue(sundays, at("2026-11-22T02:59:00Z"))?.deadline).toEqual(at("2026-11-15T03:00:00Z"));
  });

  it("not in a pause, and again after it", () => {
    const paused = daily(180, { pausedUntil: at("2026-11-25T00:00:00Z") });
    expect(lastDue(paused, at("2026-11-23T12:00:00Z"))).toBeUndefined();
    expect(lastDue(paused, at("2026-11-25T02:59:00Z"))).toBeUndefined();
    expect(lastDue(paused, at("2026-11-25T03:00:00Z"))?.since).toEqual(at("2026-11-25T01:45:00Z"));
  });

  it("every so many hours", () => {
    const often = daily(0, { schedule: { kind: "every", hours: 6 } });
    expect(lastDue(often, at("2026-11-23T12:00:00Z"))?.since).toEqual(at("2026-11-23T05:00:00Z"));
    expect(lastDue({ ...often, pausedUntil: at("2026-11-23T06:00:00Z") }, at("2026-11-23T12:00:00Z"))).toBeUndefined();
  });

  it("tells when the next one will be missed", () => {
    const now = at("2026-11-23T12:00:00Z");
    expect(nextDeadline(daily(180), now, at("2026-11-23T02:00:07Z"))).toEqual(at("2026-11-24T03:00:00Z"));
    expect(nextDeadline(daily(180, { schedule: { kind: "every", hours: 6 } }), now, at("2026-11-23T11:00:00Z"))).toEqual(
      at("2026-11-23T18:00:00Z"),
    );
    expect(nextDeadline(daily(180, { pausedUntil: at("2026-12-01T00:00:00Z") }), now, undefined)).toEqual(
      at("2026-12-01T03:00:00Z"),
    );
  });
});
