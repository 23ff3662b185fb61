import { readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testKey } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Fleet, OUR_KEY } from "../src/fleet.ts";
import { httpListener, smtpListener } from "../src/listeners.ts";

const night = (day: number) => new Date(`2026-03-${day}T03:00:05Z`);
const morning = (day: number, hour = "08") => new Date(`2026-03-${day}T${hour}:00:00Z`);
const SERVERS = ["healthy", "missed", "increment", "deleted", "truncated", "otherkey", "shrunken", "unmounted"] as const;

const profiles = (fleet: Fleet, alerts: string) => `version: 1
defaults:
  encrypt-to: ${OUR_KEY.publicFile}
  expect:
    schedule: "03:00"
    grace: 1h
    kinds: full
    receipts: required
    keys: ["${OUR_KEY.fingerprint}"]
profiles:
${SERVERS.map((name) => `  ${name}: { url: ${fleet.target(name)} }`).join("\n")}
monitor:
  state: state
  alerts:
${alerts}
`;

interface Event {
  readonly event: string;
  readonly subject: string;
  readonly id: string;
}
const told = (events: readonly Event[]) => events.map(({ event, id }) => `${event} ${id}`).sort();
const linesOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);

describe("each fault raises the right alert once, and a resolved notice later", () => {
  it("by webhook, command and sendmail", { timeout: 600_000 }, async () => {
    const fleet = new Fleet();
    const web = await httpListener();
    const command = fleet.program("on-alert", `env >> ${fleet.path}/environment; cat >> ${fleet.path}/commands`);
    fleet.program("sendmail", `echo "ARGS $*" >> ${fleet.path}/mails; cat >> ${fleet.path}/mails`);
    fleet.env["AWS_SECRET_ACCESS_KEY"] = "not for children";
    fleet.writeProfiles(
      profiles(
        fleet,
        `    mail: { from: "Backups <backups@example.org>", to: [admin@example.org] }
    webhooks: [{ url: "${web.url}/hook/with-secret", headers: { authorization: Bearer abc } }]
    commands: [[${command}, "an argument"]]`,
      ),
    );
    const events = (): readonly Event[] => {
      const posted = web.received.splice(0);
      for (const { method, path, headers } of posted) {
        expect([method, path, headers.authorization]).toEqual(["POST", "/hook/with-secret", "Bearer abc"]);
      }
      const byWebhook = posted.map(({ body }) => JSON.parse(body) as Event);
      expect(told(linesOf(fleet.take("commands")))).toEqual(told(byWebhook));
      return byWebhook;
    };

    for (let day = 10; day <= 12; day++) await fleet.backup("healthy", night(day));
    for (const name of SERVERS.slice(1)) fleet.twin(name, "healthy");
    const good = await fleet.monitor(morning(12));
    expect(good.stdout.toString()).toContain("all is well");
    expect([good.code, good.stderr.toString(), events()]).toEqual([0, "", []]);

    await fleet.backup("healthy", night(13));
    for (const name of ["deleted", "truncated"]) fleet.twin(name, "healthy");
    await fleet.backup("increment", night(13), { kind: "incremental" });
    await fleet.backup("otherkey", night(13), { key: testKey("curve").publicFile });
    const small = fleet.changedSource("small", (folder) => {
      for (const i of [1, 2, 3]) rmSync(join(folder, "data", `file${i}`));
    });
    await fleet.backup("shrunken", night(13), { source: small });
    const unmounted = fleet.changedSource("unmounted", (folder) => rmSync(join(folder, "srv", "page")));
    await fleet.backup("unmounted", night(13), { source: unmounted });
    // A look at a sound backup: without receipts nobody could tell how many volumes there were.
    expect((await fleet.monitor(night(13), "deleted")).code).toBe(0);
    const deleted = fleet.object("deleted", /20260313.*vol3/);
    const truncated = fleet.object("truncated", /20260313.*vol2/);
    const kept = { bytes: readFileSync(deleted), stats: statSync(deleted) };
    const whole = { bytes: readFileSync(truncated), stats: statSync(truncated) };
    rmSync(deleted);
    truncateSync(truncated, 1000);

    const bad = await fleet.monitor(morning(13));
    expect(bad.code).toBe(1);
    const raised = [
      "profile deleted damaged",
      "profile increment kind",
      "profile missed missed",
      "profile otherkey keys",
      "profile shrunken shrunk",
      "profile truncated damaged",
      "profile unmounted folder-gone",
    ];
    expect(told(events())).toEqual(raised.map((id) => `new ${id}`));
    expect(bad.stdout.toString()).toMatch(/CRITICAL deleted: backup of 2026-03-13 .*vol3\.difftar\.gpg is missing/);
    expect(bad.stdout.toString()).toMatch(/CRITICAL unmounted: .*no file of srv/);
    const mails = fleet.take("mails");
    expect(mails.match(/^Subject: \[doppel\] CRITICAL/gm)).toHaveLength(7);
    expect(mails).toContain("Subject: [doppel] CRITICAL missed: no backup since 2026-03-12 03:00");
    expect(mails).toContain("ARGS -i -f backups@example.org -- admin@example.org");
    expect(fleet.take("environment")).not.toContain("not for children");

    expect((await fleet.monitor(morning(13, "09"))).code).toBe(1);
    expect([events(), fleet.take("mails")]).toEqual([[], ""]);

    // Repaired: what was taken away is put back, and the others make a good backup.
    for (const [path, { bytes, stats }] of [
      [deleted, kept],
      [truncated, whole],
    ] as const) {
      writeFileSync(path, bytes);
      utimesSync(path, stats.atime, stats.mtime);
    }
    for (const name of ["missed", "increment", "otherkey", "shrunken", "unmounted"]) await fleet.backup(name, morning(13, "10"));
    const after = await fleet.monitor(morning(13, "11"));
    expect(after.stdout.toString()).toContain("all is well");
    expect(told(events())).toEqual(raised.map((id) => `resolved ${id}`));
    expect(fleet.take("mails").match(/^Subject: \[doppel\] RESOLVED/gm)).toHaveLength(7);
    expect((await fleet.monitor(morning(13, "12"))).code).toBe(0);
    expect(events()).toEqual([]);
  });

  it("a channel that fails is said, and gets it later; reminders, digests and pings", { timeout: 600_000 }, async () => {
    const fleet = new Fleet();
    const mail = await smtpListener();
    let status = 500;
    const web = await httpListener(() => status);
    const pings = await httpListener();
    await fleet.backup("healthy", night(10));
    fleet.writeProfiles(`version: 1
defaults:
  expect: { schedule: "03:00", grace: 1h }
profiles:
  healthy: { url: ${fleet.target("healthy")} }
monitor:
  state: state
  alerts:
    mail: { from: backups@example.org, to: [a@example.org, b@example.org], transport: "smtp://127.0.0.1:${mail.port}" }
    webhooks: ["${web.url}/hook/secret-part"]
    pings: ["${pings.url}/ping/uuid"]
    digest: "07:00"
`);
    const subjects = () => mail.mails.splice(0).map(({ text }) => /^Subject: (.*)$/m.exec(text)![1]);
    const pinged = () => pings.received.splice(0).map(({ path }) => path);
    const posted = () => web.received.splice(0).map(({ body }) => (JSON.parse(body) as Event).event);

    const early = await fleet.monitor(morning(10, "06"));
    expect([early.code, subjects(), pinged(), posted()]).toEqual([0, [], ["/ping/uuid"], []]);
    const failing = await fleet.monitor(morning(11));
    expect(failing.code).toBe(1);
    expect(failing.stderr.toString()).toMatch(
      /^warning: an alert could not be delivered, .*webhook at 127\.0\.0\.1:\d+: answers 500$/m,
    );
    expect(failing.stderr.toString()).not.toContain("secret-part");
    expect(subjects()).toEqual([
      expect.stringMatching(/^\[doppel\] CRITICAL healthy: no backup since 2026-03-10/),
      "[doppel] digest: 1 of 1 server needs attention",
    ]);
    expect([pinged(), posted()]).toEqual([["/ping/uuid/fail"], ["new"]]);

    status = 204;
    expect((await fleet.monitor(morning(11, "09"))).stderr.toString()).toBe("");
    expect([subjects(), posted()]).toEqual([[], ["new", "digest"]]);

    mail.refuses = true;
    const refused = await fleet.monitor(morning(12));
    expect(refused.stderr.toString()).toContain(`mail server 127.0.0.1:${mail.port}`);
    expect([subjects(), posted()]).toEqual([[], ["digest"]]);
    mail.refuses = false;
    await fleet.monitor(morning(12, "10"));
    expect([subjects().map((subject) => subject!.slice(0, 30)), posted()]).toEqual([
      ["[doppel] still CRITICAL healthy", "[doppel] digest: 1 of 1 server"].map((text) => text.slice(0, 30)),
      ["reminder"],
    ]);

    await fleet.backup("healthy", night(13));
    await fleet.monitor(morning(13, "06"), "--digest");
    expect([subjects(), pinged().at(-1)]).toEqual([
      [expect.stringContaining("RESOLVED"), "[doppel] digest: all is well"],
      "/ping/uuid",
    ]);
    const state = readFileSync(join(fleet.path, "state/alerts.json"), "utf8");
    expect(state).not.toMatch(/secret-part|uuid/);
  });
});
