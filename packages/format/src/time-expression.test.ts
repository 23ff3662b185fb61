import { isDoppelError } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseTimeExpression } from "./time-expression.ts";

const NOW = new Date("2026-11-22T02:43:19.500Z");

/** Command-line contract 3; the machine is in New York. */
describe("parseTimeExpression", () => {
  const before = process.env["TZ"];
  beforeEach(() => {
    process.env["TZ"] = "America/New_York";
  });
  afterEach(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });

  it.each([
    ["now", NOW.toISOString()],
    ["0", NOW.toISOString()],
    ["1700000000", "2023-11-14T22:13:20.000Z"],
    ["20020125", "1970-08-20T17:08:45.000Z"],
    ["2024-07-01T12:00:00Z", "2024-07-01T12:00:00.000Z"],
    ["2024-07-01T12:00:00+02:00", "2024-07-01T10:00:00.000Z"],
    ["2024-07-01T12:00:00-02:00", "2024-07-01T14:00:00.000Z"],
    ["20240701T120000Z", "2024-07-01T12:00:00.000Z"],
    ["2002-07-25T07:00:00", "2002-07-25T12:00:00.000Z"],
    ["2002-01-25T07:00:00", "2002-01-25T12:00:00.000Z"],
    ["2024-07-01", "2024-07-01T05:00:00.000Z"],
    ["2024/7/1", "2024-07-01T05:00:00.000Z"],
    ["7-1-2024", "2024-07-01T05:00:00.000Z"],
    ["07/01/2024", "2024-07-01T05:00:00.000Z"],
    ["20240701Z", "2024-07-01T05:00:00.000Z"],
    ["2002-02-30", "2002-03-02T05:00:00.000Z"],
    ["1h78m", "2026-11-22T00:25:19.500Z"],
    ["3D64s", "2026-11-19T02:42:15.500Z"],
    ["2W1h", "2026-11-08T01:43:19.500Z"],
    ["1M", "2026-10-23T02:43:19.500Z"],
    ["1Y", "2025-11-22T02:43:19.500Z"],
    ["0D", NOW.toISOString()],
  ])("reads %s", (text, time) => {
    expect(parseTimeExpression(text, NOW).toISOString()).toBe(time);
  });

  it.each([
    "NOW",
    "3d",
    "-3D",
    "1D 2h",
    " 3D",
    "",
    "2002-01-25 07:00:00",
    "2002-01-25T07:00",
    "yesterday",
    "2002-13-01",
    "13/13/2002",
    "1900-01-01",
    "2100-01-01",
    "D",
    "99999999999999Y",
    "99999999999999999999",
  ])("refuses %j", (text) => {
    let error: unknown;
    try {
      parseTimeExpression(text, NOW);
    } catch (thrown) {
      error = thrown;
    }
    expect(isDoppelError(error, "format.bad-time")).toBe(true);
    expect(isDoppelError(error, "format.bad-time") && error.data.text).toBe(text);
  });

  it("takes a separator", () => {
    expect(parseTimeExpression("2002-07-25T07_00_00", NOW, { separator: "_" }).toISOString()).toBe("2002-07-25T12:00:00.000Z");
  });

  it("knows standard time on the southern half, where the year begins in summer", () => {
    process.env["TZ"] = "Australia/Sydney";
    expect(parseTimeExpression("2024-01-01", NOW).toISOString()).toBe("2023-12-31T14:00:00.000Z");
  });
});
