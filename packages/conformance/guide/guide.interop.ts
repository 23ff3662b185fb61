import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, describeRealS3, gpgHome, randomContent, run, testKey } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { examined } from "../src/examined.ts";
import { mustBeDone, said } from "../src/s3-place.ts";
import { type Alert, Machines } from "./machines.ts";
import { ProcessWatch } from "../src/process-watch.ts";

/** What goes wrong one night, and what the pager says of it. */
interface Fault {
  readonly what: string;
  /** The alert, and what it says. */
  readonly raises: string;
  readonly saying: RegExp;
  /** The night of that day. */
  readonly night: (of: Machines, day: number) => Promise<unknown>;
  /** What ends it, before the day's next look; default: the next night's good backup. */
  readonly repair?: (of: Machines) => Promise<unknown>;
}

const OTHER_KEY = testKey("curve");

const FAULTS: readonly Fault[] = [
  {
    what: "a missed night",
    raises: "missed",
    saying: /^no backup since .* 03:30 .*; one was due by .* 05:30/,
    night: async () => undefined,
  },
  {
    what: "an increment where only full backups are allowed",
    raises: "kind",
    saying: /is an increment, and only full backups are expected/,
    night: async (of, day) => {
      const time = String(of.time(day, "03:30").getTime() / 1000);
      return mustBeDone(await of.doppel("server", "incremental", "@web1", "--current-time", time));
    },
  },
  {
    what: "a deleted volume",
    raises: "damaged",
    saying: /vol2\.difftar\.gpg is missing/,
    night: async (of, day) => {
      mustBeDone(await of.night(day));
      await of.bucket.raw("admin", { method: "DELETE", key: await of.newest(/full.*vol2\./) });
    },
    repair: (of) => of.undo(/full.*vol2\./),
  },
  {
    what: "a truncated volume",
    raises: "damaged",
    saying: /vol1\.difftar\.gpg has 1000 bytes instead of \d+/,
    night: async (of, day) => {
      mustBeDone(await of.night(day));
      const key = await of.newest(/full.*vol1\./);
      const { bytes } = await of.bucket.raw("admin", { method: "GET", key });
      await of.bucket.raw("admin", { method: "PUT", key, body: bytes.subarray(0, 1000) });
    },
    repair: (of) => of.undo(/full.*vol1\./),
  },
  {
    what: "a backup encrypted to another key",
    raises: "keys",
    saying: /can be read with a key that is not expected/,
    night: async (of, day) => {
      const [key, profiles] = ["server/etc/doppel/web1.public.asc", "server/etc/doppel/profiles.yaml"];
      const [ownKey, ownProfiles] = [of.read(key), of.read(profiles)];
      writeFileSync(of.at(key), readFileSync(OTHER_KEY.publicFile));
      of.edit(profiles, /fingerprints: .*/, `fingerprints: ${OTHER_KEY.fingerprint}`);
      mustBeDone(await of.night(day));
      writeFileSync(of.at(key), ownKey);
      writeFileSync(of.at(profiles), ownProfiles);
    },
  },
  {
    what: "a shrunken backup",
    raises: "shrunk",
    saying: /has .* of files, and .* are usual/,
    night: async (of, day) => {
      for (const i of [1, 2, 3]) rmSync(join(of.folders.www, `picture${i}`));
      mustBeDone(await of.night(day));
      of.fill();
    },
  },
  {
    what: "an unmounted folder",
    raises: "folder-gone",
    saying: /has no file of var: is a disk not mounted\?/,
    night: async (of, day) => {
      rmSync(of.folders.mail, { recursive: true });
      mkdirSync(of.folders.mail);
      mustBeDone(await of.night(day));
      of.fill();
    },
  },
  {
    what: "a folder that somebody has encrypted",
    raises: "scrambled",
    saying: /: var\/tmp \(8 of 8 files\)\. That is what ransomware leaves/,
    night: async (of, day) => {
      for (let i = 0; i < 8; i++) writeFileSync(join(of.folders.mail, String(i)), randomContent(`ransom ${i}`, 160_000));
      mustBeDone(await of.night(day));
      of.fill();
    },
  },
];

const told = (alerts: readonly Alert[]) => alerts.map(({ event, id }) => `${event} ${id}`);

describeInterop(["gpg", "duplicity", "python:boto3", "run-parts"], "docs/setup.md from its beginning to its end", () => {
  describeRealS3("unattended", (site) => {
    let machines: Machines;
    let watch: ProcessWatch;
    let key: { readonly fingerprint: string; readonly passphrase: string };
    /** Days since today; the night of a day is at 03:30. */
    let day = 0;

    beforeAll(async () => {
      machines = await Machines.open(site());
      watch = new ProcessWatch();
    });
    afterAll(() => {
      watch?.[Symbol.dispose]();
      machines?.[Symbol.dispose]();
    });

    it("1. a key, on the admin's machine", async () => {
      const made = await machines.withPassphraseShown("setup", "key", "web1");
      mustBeDone(made);
      key = { fingerprint: /^fingerprint: (\w{40})$/m.exec(made.stdout)![1]!, passphrase: made.passphrase };
      expect(made.passphrase).toMatch(/^\w{22}$/);
    });

    it("2. the bucket, with the admin's rights: policies, lifecycle and versions, read back", async () => {
      const { stdout } = await machines.bucket.setUp("--expire-days", "90", "--versioning");
      for (const setting of ["bucket", "versioning", "lifecycle", "policy"]) {
        expect(stdout).toMatch(new RegExp(`^ {2}${setting} +changed `, "m"));
      }
    });

    it("3. the server, with the public key and the writer's credentials; its first backup as cron will make it", async () => {
      machines.write("server/root/web1.public.asc", machines.read("admin/web1.public.asc"));
      const given = machines.write("server/root/given.env", machines.credentialsOf("writer").text, 0o600);
      const setup = await machines.setUpServer("--fingerprint", key.fingerprint, "--scheduler", "cron");
      rmSync(given);
      // Without the secret key nobody can prove a restore: that is step 6.
      expect(setup.stdout).toMatch(/Not proven restorable yet[^]*All \d+ objects of the first backup were read again/);
      expect(setup.code, setup.stderr).toBe(3);
      expect(machines.read("server/var/log/syslog")).toMatch(/Full backup complete/);
      expect(await machines.nights()).toBe(1);

      const explained = mustBeDone(await machines.doppel("server", "explain", join(machines.folders.www, "picture1"), "@web1"));
      expect(explained.stdout).toContain("web1.targets");
    });

    it("4. is it safe? The doctor finds nothing wrong", async () => {
      const doctor = examined(await machines.doppel("server", "doctor", "@web1", "--json"));
      expect(doctor.titles("fail")).toEqual([]);
      expect(doctor.titles("warn")).toEqual([]);
      expect(doctor.code).toBe(0);
      expect(doctor.one("append-only:overwrite").title).toBe("writing over a backup is possible, and the old version lives on");
      for (const id of ["append-only:delete", "append-only:change-the-lifecycle", "append-only:read-a-neighbour"]) {
        expect(doctor.one(id)).toMatchObject({ level: "pass" });
      }
    });

    it("5. the monitor, on a machine with neither key nor passphrase: all is well", async () => {
      const { bucket } = machines;
      machines.write("monitor/etc/doppel/web1.public.asc", machines.read("admin/web1.public.asc"));
      machines.write("monitor/etc/doppel/monitor.env", machines.credentialsOf("monitor").text, 0o600);
      machines.write(
        "monitor/etc/doppel/profiles.yaml",
        `version: 1
profiles:
  web1:
    url: ${bucket.url}
    options: {s3-endpoint-url: "${site().endpoint}", s3-region-name: ${site().region}}
    credentials: {file: monitor.env}
    encrypt-to: web1.public.asc
    fingerprints: ${key.fingerprint}
    expect: {schedule: "03:30", grace: 2h, kinds: full, receipts: required, folders: [tmp, var]}
    drill: {every: 90d}
monitor:
  state: ../../var/lib/doppel
  alerts:
    commands: [[${machines.at("bin/page-admin")}]]
`,
      );
      const setup = mustBeDone(await machines.doppel("monitor", "setup", "monitor", "--root", machines.at("monitor")));
      expect(setup.stdout).toContain("doppel-monitor.timer");
      const { code, stdout, stderr, alerts } = await machines.check(new Date());
      expect([code, stderr, alerts]).toEqual([0, "", []]);
      expect(stdout).toMatch(/^web1 +ok .* full/m);
    });

    it("6. prove it: the key's owner unlocks, and a test restore is what the monitor shows from then on", async () => {
      machines.write("admin/restorer.env", machines.credentialsOf("restorer").text, 0o600);
      machines.write(
        "admin/profiles.yaml",
        `version: 1
profiles:
  web1:
    url: ${machines.bucket.url}
    credentials: {file: restorer.env}
    options: {secret-key: web1.secret.asc, s3-endpoint-url: "${site().endpoint}", s3-region-name: ${site().region}}
monitor: {state: ${machines.at("monitor/var/lib/doppel")}}
`,
        0o600,
      );
      const unlock = [machines.program, "unlock", "@web1", "--for", "15m", "--passphrase-fd", "0"];
      mustBeDone(await machines.on("admin", unlock, { input: `${key.passphrase}\n` }));
      const drill = mustBeDone(await machines.doppel("admin", "drill", "@web1"));
      expect(drill.stdout).toMatch(/\nPROVEN: /);
      mustBeDone(await machines.doppel("admin", "restore", "@web1", "restored"));
      machines.expectRestored(machines.at("admin/restored"));
      mustBeDone(await machines.doppel("admin", "lock"));
    });

    it("the nights that follow: by cron, or as systemd starts it", async () => {
      // Small volumes, so that there are some.
      machines.edit("server/etc/doppel/profiles.yaml", "  options:\n", "  options:\n      volsize: 1\n");
      mustBeDone(await machines.night(++day));
      expect(await machines.check(machines.time(day, "06:00"))).toMatchObject({ code: 0, alerts: [] });
      mustBeDone(await machines.nightBySystemd(++day));
      expect(await machines.check(machines.time(day, "06:00"))).toMatchObject({ code: 0, alerts: [] });
      expect(await machines.nights()).toBe(3);
    });

    it.each(FAULTS)(
      "$what: told once, and once that it is over",
      { timeout: 120_000 },
      async ({ raises, saying, night, repair }) => {
        await night(machines, ++day);
        const morning = await machines.check(machines.time(day, "06:00"));
        expect(told(morning.alerts), morning.stdout + morning.stderr).toEqual([`new profile web1 ${raises}`]);
        expect(morning.alerts[0]!.text).toMatch(saying);
        expect(morning.code).toBe(1);
        expect(await machines.check(machines.time(day, "06:15"))).toMatchObject({ code: 1, alerts: [] });

        if (repair === undefined) mustBeDone(await machines.night(++day));
        else await repair(machines);
        const after = await machines.check(machines.time(day, "08:00"));
        expect(told(after.alerts), after.stdout + after.stderr).toEqual([`resolved profile web1 ${raises}`]);
        expect(after.code).toBe(0);
      },
    );

    it("no secret is where it must not be: not in a file, an output, a log, an argument or an environment", () => {
      const armored = machines.read("admin/web1.secret.asc").split("\n");
      const secrets = {
        passphrase: [key.passphrase, []],
        "secret key": [armored[Math.floor(armored.length / 2)]!, ["admin/web1.paper.html", "admin/web1.secret.asc"]],
        "writer's secret": [machines.credentialsOf("writer").secret, ["server/etc/doppel/web1.credentials"]],
        "monitor's secret": [machines.credentialsOf("monitor").secret, ["monitor/etc/doppel/monitor.env"]],
        "restorer's secret": [machines.credentialsOf("restorer").secret, ["admin/restorer.env"]],
      } as const;
      // What was searched is what there was.
      const seen = [...watch.seen];
      expect(seen.some((words) => words.includes("\0full\0@web1\0"))).toBe(true);
      expect(seen.some((words) => words.includes("DOPPEL_PROFILES="))).toBe(true);
      const output = machines.output.join("\n");
      expect(output).toContain("all is well");
      for (const [name, [secret, files]] of Object.entries(secrets)) {
        expect(machines.filesWith(secret), name).toEqual(files);
        expect(output.includes(secret), `${name} in an output`).toBe(false);
        expect(seen.filter((words) => words.includes(secret)).length, `${name} of a process`).toBe(0);
      }
    });

    it("after all that, stock duplicity and gpg restore the last night, with what setup key made", async () => {
      const home = await gpgHome([]);
      try {
        mustBeDone(
          said(await run("gpg", ["--batch", "--import"], { env: home.env, input: machines.read("admin/web1.secret.asc") })),
        );
        const out = machines.at("stock");
        const where = ["--archive-dir", machines.at("stock-archive"), ...machines.bucket.where];
        const env = { ...home.env, ...machines.bucket.env("admin"), PASSPHRASE: key.passphrase };
        mustBeDone(said(await run("duplicity", ["restore", ...where, `boto3+${machines.bucket.url}`, out], { env })));
        machines.expectRestored(out);
      } finally {
        await home[Symbol.asyncDispose]();
      }
    });
  });
});
