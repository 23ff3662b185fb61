import { describe, expect, it } from "vitest";
import type { ProfileReport } from "../report.ts";
import { nagios } from "./nagios.ts";
import { prometheus } from "./prometheus.ts";

const time = new Date("2026-11-23T08:00:00Z");
const one = (more: Partial<ProfileReport>): ProfileReport => ({ name: "web1", severity: "ok", findings: [], ...more });
const report = (...profiles: readonly ProfileReport[]) => ({ time, profiles, fleet: [], isWhole: true });

describe("Nagios", () => {
  it("a text that would begin performance data, or a line, does not", () => {
    const findings = [{ id: "x", severity: "critical" as const, text: "a | b\nc\u001b[31m" }];
    const { line, exit } = nagios(report(one({ severity: "critical", findings })));
    expect([line, exit]).toEqual(["DOPPEL CRITICAL - web1: a / b\\x0ac\\x1b[31m\n", 2]);
  });

  it.each([
    ["ok", 0],
    ["warning", 1],
    ["critical", 2],
    ["unknown", 3],
  ] as const)("%s is %i; critical wins over unknown, and that over a warning", (severity, exit) => {
    const findings = severity === "ok" ? [] : [{ id: "x", severity, text: "so" }];
    expect(nagios(report(one({ severity, findings }), one({ name: "web2" }))).exit).toBe(exit);
    expect(nagios(report(one({ severity, findings }), one({ severity: "critical" }))).exit).toBe(2);
  });
  it("what concerns more than one server is said, also where there is one profile only", () => {
    const fleet = [
      { subject: "/backups", id: "unconfigured", severity: "warning" as const, text: "backups that no profile looks after" },
    ];
    const { line, exit } = nagios({ ...report(one({})), fleet });
    expect([line, exit]).toEqual(["DOPPEL WARNING - /backups: backups that no profile looks after\n", 1]);
  });

  it("the gravest is said first, whoever it is about", () => {
    const finding = (severity: "critical" | "warning", text: string) => ({ severity, findings: [{ id: "x", severity, text }] });
    const fleet = [{ subject: "/b", id: "unconfigured", severity: "warning" as const, text: "strangers" }];
    const of = (...profiles: readonly ProfileReport[]) => nagios({ ...report(...profiles), fleet }).line;
    const small = one(finding("warning", "small"));
    expect(of(small, one({ name: "web2", ...finding("critical", "grave") }))).toContain("need attention; web2: grave");
    expect(of(small, one({ name: "web2" }))).toContain("needs attention; /b: strangers");
    const down = [{ subject: "s3", id: "unavailable", severity: "unknown" as const, text: "down" }];
    expect(nagios({ ...report(small), fleet: down }).line).toContain("s3: down");
  });

  it("performance data have the form of the guidelines", () => {
    const summary = {
      sets: 3,
      objects: 12,
      bytes: 4096,
      timeZone: "UTC",
      maxAgeSeconds: 93_600,
      lastProven: new Date("2026-11-24T00:00:00Z"),
    };
    const lastBackup = { time: new Date("2026-11-23T03:00:00Z"), kind: "full" as const, storedBytes: 1024 };
    const [, data] = nagios(report(one({ summary: { ...summary, lastBackup } })))
      .line.trimEnd()
      .split(" | ");
    expect(data).toBe("age=18000s;;93600;0 size=1024B;;;0 sets=3;;;0 stored=4096B;;;0 proven_age=0s;;;0");
  });
});

describe("Prometheus", () => {
  it("labels are escaped, and what is not known is left out", () => {
    const text = prometheus(report(one({ name: 'a"b\\c\nd', failure: "unreachable" })));
    expect(text).toContain('doppel_target_up{profile="a\\"b\\\\c\\nd"} 0\n');
    expect(text).not.toContain("doppel_last_backup_timestamp_seconds");
    expect(text.split("\n").filter((line) => line.startsWith("# TYPE")).length).toBe(new Set(text.match(/^doppel_\w+/gm)).size);
  });
});
