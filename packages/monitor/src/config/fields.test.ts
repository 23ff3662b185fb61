import { describe, expect, it } from "vitest";
import { daysOf, minuteOfDay, numberOf, secondsOf } from "./fields.ts";

describe("fields of a profiles file", () => {
  it.each([
    ["90s", 90],
    ["2h", 7200],
    ["1h30m", 5400],
    ["30D", 2_592_000],
    ["2w", 1_209_600],
    ["0h", undefined],
    ["2", undefined],
    ["1M ", undefined],
    ["h", undefined],
    ["-1h", undefined],
  ])("%s is %s seconds", (text, seconds) => expect(secondsOf(text)).toBe(seconds));

  it.each([
    ["03:30", 210],
    ["3:30", 210],
    ["23:59", 1439],
    ["24:00", undefined],
    ["03:60", undefined],
    ["0330", undefined],
  ])("%s is minute %s", (text, minute) => expect(minuteOfDay(text)).toBe(minute));

  it.each([
    ["mon-fri", [1, 2, 3, 4, 5]],
    ["sat-mon", [0, 1, 6]],
    ["sun,Wednesday", [0, 3]],
    ["someday", undefined],
    ["mon-tue-wed", undefined],
    ["", undefined],
  ])("%s is %j", (text, days) => expect(daysOf(text)).toEqual(days));

  it.each([
    ["0.5", 0.5],
    ["100", 100],
    ["0", undefined],
    ["1e3", undefined],
  ])("%s is %s", (text, number) => expect(numberOf(text)).toBe(number));
});
