import { describe, expect, it } from "vitest";
import { type MonitorUnits, monitorUnits } from "./units-monitor.ts";

const wish: MonitorUnits = {
  scheduler: "systemd",
  program: ["/usr/bin/node", "/opt/my tools/100%/doppel.js"],
  profiles: "/etc/doppel/profiles.yaml",
  state: "/var/lib/doppel/monitor",
  minutes: 15,
  secrets: [],
};

describe("units of the monitor", () => {
  it("words are quoted as systemd reads them", () => {
    const [service, timer] = monitorUnits(wish);
    expect(service!.text).toContain(
      '\nExecStart=/usr/bin/node "/opt/my tools/100%%/doppel.js" monitor check --profiles /etc/doppel/profiles.yaml\n',
    );
    expect(service!.text).toContain("\nStateDirectory=doppel/monitor\n");
    expect(service!.text).toContain("\nDynamicUser=yes\n");
    expect(timer!.text).toContain("\nOnUnitInactiveSec=15min\n");
  });

  it("a user, a state folder elsewhere, programs in a home", () => {
    const [service] = monitorUnits({ ...wish, user: "backup", state: "/srv/state", program: ["/home/me/doppel"] });
    expect(service!.text).toContain("\nUser=backup\n");
    expect(service!.text).not.toContain("DynamicUser");
    expect(service!.text).toContain("\nReadWritePaths=-/srv/state\n");
    expect(service!.text).toContain("\nProtectHome=read-only\n");
  });

  it("two credentials files of one name are refused", () => {
    expect(() => monitorUnits({ ...wish, secrets: ["/a/key", "/b/key"] })).toThrow("two credentials files are called key");
  });

  it.each([
    [15, "*/15 * * * *"],
    [60, "0 */1 * * *"],
    [360, "0 */6 * * *"],
    [1440, "0 6 * * *"],
  ])("cron every %i minutes", (minutes, times) => {
    const [entry] = monitorUnits({ ...wish, scheduler: "cron", minutes });
    expect(entry!.path).toBe("/etc/cron.d/doppel-monitor");
    expect(entry!.text.split("\n").at(-2)).toBe(
      `${times} root /usr/bin/node '/opt/my tools/100\\%/doppel.js' monitor check --profiles /etc/doppel/profiles.yaml >/dev/null`,
    );
  });
});
