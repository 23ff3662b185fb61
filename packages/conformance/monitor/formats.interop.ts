import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeInterop, reference, run } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Fleet } from "../src/fleet.ts";
import { cleanEnv, DOPPEL, done, doppel } from "../src/program.ts";

const night = new Date("2026-03-10T03:00:05Z");
const at = (hour: number) => new Date(Date.UTC(2026, 2, 10, hour));

function twoServers(fleet: Fleet): void {
  fleet.writeProfiles(`version: 1
defaults:
  expect: { schedule: "03:00", grace: 1h, expire: 30D }
profiles:
  web1: { url: ${fleet.target("web1")} }
  "db-1": { url: ${fleet.target("nowhere")} }
  slip: { url: x, expects: {} }
monitor: { state: state }
`);
}

describe("what other programs read", () => {
  it("Nagios: one line with performance data, four exit codes, nothing else", async () => {
    const fleet = new Fleet();
    twoServers(fleet);
    await fleet.backup("web1", night);
    const plugin = async (hour: number, ...args: readonly string[]) => {
      const { code, stdout, stderr } = await fleet.monitor(at(hour), "--nagios", ...args);
      expect(stderr.toString()).toBe("");
      expect(stdout.toString()).toMatch(/^DOPPEL (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+( \| [^|\n]+)?\n$/);
      return [code, stdout.toString()] as const;
    };
    const label = String.raw`[a-z_]+=-?\d+(s|B|)(;\d*){0,4}`;
    const [ok, line] = await plugin(8, "web1");
    expect(ok).toBe(0);
    expect(line).toMatch(new RegExp(`^DOPPEL OK - web1: full backup 4 hours ago \\| ${label}( ${label})*\\n$`));
    expect(line).toMatch(/ age=179\d\ds;;189\d\d;0 size=\d+B;;;0 source=/);
    expect((await plugin(27 + 2, "web1"))[0]).toBe(2);
    expect(await plugin(8, "db-1")).toEqual([3, expect.stringContaining("does not exist")]);
    expect(await plugin(8, "slip")).toEqual([3, expect.stringContaining("expects")]);
    expect(await plugin(8, "nobody")).toEqual([3, expect.stringContaining("there is no profile nobody")]);
    expect(await plugin(8)).toEqual([3, expect.stringContaining("2 of 3 servers need attention")]);
    const { code, stdout } = await doppel(["monitor", "check", "--nagios"], { env: { DOPPEL_PROFILES: "/nowhere.yaml" } });
    expect([code, stdout.toString()]).toEqual([3, expect.stringMatching(/^DOPPEL UNKNOWN - .*there is no such file\n$/)]);
  });

  it("a table, JSON, and exit codes; one profile's slip does not stop the others", async () => {
    const fleet = new Fleet();
    twoServers(fleet);
    await fleet.backup("web1", night);
    const table = await fleet.monitor(at(8));
    expect(table.code).toBe(1);
    expect(table.stdout.toString()).toMatch(/^web1 +ok +2026-03-10 03:00 \+00:00 +4 hours +full/m);
    expect(table.stdout.toString()).toMatch(/^UNKNOWN slip: .*profiles\.yaml:\d+: profiles\.slip\.expects/m);
    expect((await fleet.monitor(at(8), "web1")).code).toBe(0);
    const json = JSON.parse((await fleet.monitor(at(8), "--json")).stdout.toString());
    expect(json).toMatchObject({
      kind: "monitor",
      isWhole: true,
      fleet: [],
      profiles: [{ name: "db-1" }, { name: "slip" }, { name: "web1" }],
    });
    const unknown = await fleet.monitor(at(8), "nobody");
    expect([unknown.code, unknown.stderr.toString()]).toEqual([2, expect.stringContaining("the profiles file has web1, db-1")]);
  });

  it("goes on with --listen until SIGTERM", async () => {
    const fleet = new Fleet();
    twoServers(fleet);
    await fleet.backup("web1", night);
    const args = [DOPPEL, "monitor", "check", "--listen", "0", "--current-time", String(at(8).getTime() / 1000)];
    const child = spawn(process.execPath, args, {
      env: cleanEnv(fleet.env) as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      while (!said.includes("\n")) await sleep(50);
      const url = /http:\S+/.exec(said)![0];
      const answer = await fetch(url);
      expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      expect(await answer.text()).toMatch(/^doppel_last_backup_timestamp_seconds\{profile="web1"\} 17731116\d\d$/m);
      expect((await fetch(new URL("/", url))).status).toBe(404);
      expect((await fetch(url, { method: "POST" })).status).toBe(405);
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.kill("SIGTERM");
      expect(await ended).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
    expect((await fleet.monitor(at(8), "--listen", "nowhere:99999")).code).toBe(2);
  });
});

describeInterop(["promtool"], "Prometheus", () => {
  it("promtool finds nothing to mend in the text", async () => {
    const fleet = new Fleet();
    twoServers(fleet);
    await fleet.backup("web1", night);
    const file = join(fleet.path, "doppel.prom");
    expect((await fleet.monitor(at(8), "--prometheus", file)).code).toBe(1);
    const checked = spawnSync(reference("promtool")!.path, ["check", "metrics"], { input: readFileSync(file), encoding: "utf8" });
    expect([checked.status, checked.stdout, checked.stderr]).toEqual([0, "", ""]);
    expect(readFileSync(file, "utf8")).toContain('doppel_target_up{profile="db-1"} 0\n');
  });
});

describeInterop(["systemd-analyze"], "systemd", () => {
  it.each([[[]], [["--service-user", "backup"]]])("the units are right, and rated OK: %j", async (options) => {
    const place = new Fleet();
    place.writeProfiles(`version: 1
profiles:
  web1: { url: "s3://bucket/web1", credentials: { file: /etc/doppel/web1 credentials } }
monitor: { state: /var/lib/doppel }
`);
    const root = join(place.path, "root");
    const setup = await done(doppel(["setup", "monitor", "--root", root, ...options], { env: place.env }));
    expect(setup.stdout.toString()).toContain(`written: ${root}/etc/systemd/system/doppel-monitor.timer`);
    const unit = join(root, "etc/systemd/system/doppel-monitor.service");
    const timer = join(root, "etc/systemd/system/doppel-monitor.timer");
    const verified = await run(reference("systemd-analyze")!.path, ["verify", "--man=no", unit, timer]);
    expect([verified.code, verified.stderr.toString()]).toEqual([0, ""]);
    const rated = await run(reference("systemd-analyze")!.path, ["security", "--offline=true", unit]);
    expect(rated.stdout.toString()).toMatch(/Overall exposure level for doppel-monitor.service: [0-2]\.\d OK/);
    expect(readFileSync(unit, "utf8")).toContain("LoadCredential=web1 credentials:/etc/doppel/web1 credentials\n");
  });

  it("--print writes nothing, and cron has an entry of its own", async () => {
    const place = new Fleet();
    place.writeProfiles("version: 1\nprofiles:\n  web1: { url: /x }\n");
    const cron = await done(
      doppel(["setup", "monitor", "--print", "--scheduler", "cron", "--check-minutes", "30"], { env: place.env }),
    );
    expect(cron.stdout.toString()).toMatch(
      /^\*\/30 \* \* \* \* root \S+ \S+ monitor check --profiles \S+profiles\.yaml >\/dev\/null$/m,
    );
    const odd = await doppel(["setup", "monitor", "--print", "--scheduler", "cron", "--check-minutes", "7"], { env: place.env });
    expect([odd.code, odd.stderr.toString()]).toEqual([2, expect.stringContaining("cron cannot")]);
  });
});
