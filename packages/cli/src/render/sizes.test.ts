import { describe, expect, it } from "vitest";
import { byteText, counted, durationText, elapsedText } from "./sizes.ts";

describe("byteText, as duplicity writes sizes", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [2, "2 bytes"],
    [1023, "1023 bytes"],
    [1024, "1.00 KB"],
    [10_239, "10.00 KB"],
    [10_240, "10.0 KB"],
    [102_400, "100 KB"],
    [1_048_575, "1024 KB"],
    [1_048_576, "1.00 MB"],
    [3_012_303, "2.87 MB"],
    [3_000_010, "2.86 MB"],
    [2 ** 30, "1.00 GB"],
    [2 ** 40, "1.00 TB"],
    [2 ** 50, "1024 TB"],
    [-1, "-1 byte"],
    [-2048, "-2.00 KB"],
  ])("%d", (bytes, text) => expect(byteText(bytes)).toBe(text));
});

describe("elapsedText, as duplicity writes durations", () => {
  it.each([
    [0, "0.00 seconds"],
    [0.5, "0.50 seconds"],
    [1, "1 second"],
    [2.88, "2.88 seconds"],
    [60, "1 minute"],
    [60.5, "1 minute"],
    [61, "1 minute 1 second"],
    [120, "2 minutes"],
    [3600, "1 hour"],
    [3723.5, "1 hour 2 minutes 3.50 seconds"],
    [7201, "2 hours 1 second"],
    [90_000, "25 hours"],
  ])("%d", (seconds, text) => expect(elapsedText(seconds)).toBe(text));
});

describe("durationText", () => {
  it.each([
    [0.04, "0.0 s"],
    [9.94, "9.9 s"],
    [9.96, "10 s"],
    [59.6, "1 min 00 s"],
    [200, "3 min 20 s"],
    [2_170, "36 min"],
    [3_580, "1 h 00 min"],
    [7_500, "2 h 05 min"],
  ])("%d", (seconds, text) => expect(durationText(seconds)).toBe(text));
});

it("counts in words", () => {
  expect([counted(0, "file"), counted(1, "file"), counted(2, "entry", "entries")]).toEqual(["0 files", "1 file", "2 entries"]);
});
