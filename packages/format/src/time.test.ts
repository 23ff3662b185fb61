import { describe, expect, it } from "vitest";
import { formatTime, parseTime } from "./time.ts";

const NOVEMBER = new Date("2026-11-22T02:43:19Z");

describe("formatTime", () => {
  it("is 16 characters of UTC, cut to whole seconds", () => {
    expect(formatTime(NOVEMBER)).toBe("20261122T024319Z");
    expect(formatTime(new Date("2026-11-22T02:43:19.999Z"))).toBe("20261122T024319Z");
    expect(formatTime(new Date(1_700_000_000_000))).toBe("20231114T221320Z");
  });
});

describe("parseTime", () => {
  it.each([
    ["20261122T024319Z", NOVEMBER],
    ["20261122t024319z", NOVEMBER],
    ["2026-11-21T21:43:19-05:00", NOVEMBER],
    ["2026-11-22T08:13:19+05:30", NOVEMBER],
    ["2026-11-22T02:43:19Z", NOVEMBER],
    ["1795315399", NOVEMBER],
    ["20261122T024361Z", new Date("2026-11-22T02:44:01Z")],
    ["19010101T000000Z", new Date("1901-01-01T00:00:00Z")],
    ["20991231T235959Z", new Date("2099-12-31T23:59:59Z")],
  ])("reads %s", (text, time) => {
    expect(parseTime(text)).toEqual(time);
  });

  it.each([
    "",
    "0",
    "19700101T000000Z",
    "20261122T024362Z",
    "20261122T246019Z",
    "20261322T024319Z",
    "20261100T024319Z",
    "19001231T235959Z",
    "21000101T000000Z",
    "99999999999",
    "20261122T024319",
    "20261122T024319Zx",
    "2026-11-22T02:43:19",
    "2026-11-22",
    "3D",
    "now",
    "2026-11-22T02_43_19Z",
    " 20261122T024319Z",
  ])("refuses %j", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it("takes another separator only when told", () => {
    expect(parseTime("2026-11-21T21_43_19-05_00", "_")).toEqual(NOVEMBER);
    expect(parseTime("2026-11-21T21.43.19-05:00", ".")).toEqual(NOVEMBER);
    expect(parseTime("2026-11-21T21d43d19-05d00", "d")).toEqual(NOVEMBER);
    expect(parseTime("2026-11-21T21:43:19-05:00", "_")).toBeUndefined();
  });
});
