import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseProfilesDocument } from "./document.ts";
import { readProfiles } from "./load.ts";

it("the example in PROFILES.md is one, and has every key there is", async () => {
  const page = readFileSync(new URL("../../PROFILES.md", import.meta.url), "utf8");
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  const { byName, bad, monitor } = readProfiles(parseProfilesDocument("/etc/doppel/profiles.yaml", yaml));
  expect([...bad.values()]).toEqual([]);
  expect([...byName.keys()]).toEqual(["mail", "mail-copy"]);
  expect(byName.get("mail")).toMatchObject({ expect: { graceMinutes: 120, expireDays: 90 }, drill: { everyDays: 90 } });
  expect(byName.get("mail-copy")!.expect.timeZone).toBe("Europe/Berlin");
  expect(monitor).toMatchObject({ state: "/var/lib/doppel", alerts: { digestAtMinute: 480, repeatHours: 24 } });
  const { PROFILE, MONITOR } = await import("./schema.ts");
  for (const key of [...Object.keys(PROFILE.shape), ...Object.keys(MONITOR.shape)])
    expect(yaml).toMatch(new RegExp(`^ +${key}:`, "m"));
});
