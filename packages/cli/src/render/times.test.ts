import { afterEach, describe, expect, it, vi } from "vitest";
import { asctime, localTime } from "./times.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("local times", () => {
  it.each([
    ["UTC", "Mon Dec  4 22:13:20 2023", "2023-12-04 22:13:20 +00:00"],
    ["Europe/Berlin", "Mon Dec  4 23:13:20 2023", "2023-12-04 23:13:20 +01:00"],
    ["America/St_Johns", "Mon Dec  4 18:43:20 2023", "2023-12-04 18:43:20 -03:30"],
    ["Asia/Kathmandu", "Tue Dec  5 03:58:20 2023", "2023-12-05 03:58:20 +05:45"],
  ])("%s", (zone, asctimeText, text) => {
    vi.stubEnv("TZ", zone);
    const time = new Date(1_701_728_000_000);
    expect([asctime(time), localTime(time)]).toEqual([asctimeText, text]);
  });
});
