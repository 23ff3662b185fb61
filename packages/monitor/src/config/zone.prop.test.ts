import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dateIn, instantIn, isTimeZone, localTimeIn } from "./zone.ts";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Africa/Casablanca",
];

describe("time zones", () => {
  it("clocks show what they were asked for, unless they skip it", () => {
    const time = fc.record({
      zone: fc.constantFrom(...ZONES),
      ms: fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 0, 1) }).map((ms) => ms - (ms % 60_000)),
    });
    fc.assert(
      fc.property(time, ({ zone, ms }) => {
        const local = localTimeIn(zone, new Date(ms));
        const back = instantIn(zone, local);
        // The same, or the hour that comes twice: then the first.
        expect(back.getTime() === ms || (back.getTime() < ms && ms - back.getTime() <= 3_600_000)).toBe(true);
        expect(localTimeIn(zone, back)).toEqual(local);
      }),
    );
  });

  it.each([
    ["Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:30:00Z"], // skipped: as much later
    ["Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z"], // twice: the first
    ["Europe/Berlin", "2026-12-24", "2026-12-23T23:00:00Z"],
    ["America/New_York", "2026-07-04", "2026-07-04T04:00:00Z"],
    ["UTC", "2024-02-29 23:59", "2024-02-29T23:59:00Z"],
  ])("in %s %s is %s", (zone, text, instant) => {
    expect(dateIn(zone, text)).toEqual(new Date(instant));
  });

  it("knows no such date", () => {
    for (const text of ["2026-02-29", "2026-13-01", "tomorrow", "2026-1-1", "2026-01-01 24:00"])
      expect(dateIn("UTC", text)).toBeUndefined();
  });

  it("knows zones by their names only", () => {
    for (const zone of ZONES) expect(isTimeZone(zone)).toBe(true);
    for (const name of ["", "Berlin", "+01:00", "Europe/Nowhere"]) expect(isTimeZone(name)).toBe(false);
  });
});
