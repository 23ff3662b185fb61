import { isDoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { parseProfilesDocument } from "./document.ts";
import { loadProfiles, profilesPath, readProfiles } from "./load.ts";
import type { Profile, Profiles } from "./types.ts";

const FILE = "/etc/doppel/profiles.yaml";

function read(text: string): Profiles {
  return readProfiles(parseProfilesDocument(FILE, text));
}

/** The one profile `a`, of lines that are its keys. */
function profile(...lines: readonly string[]): Profile {
  const profiles = read(
    ["version: 1", "profiles:", "  a:", "    url: s3://bucket/a", ...lines.map((line) => `    ${line}`)].join("\n"),
  );
  const found = profiles.byName.get("a");
  if (found === undefined) throw profiles.bad.get("a");
  return found;
}

/** What is wrong: `LINE KEY: message`. */
function wrong(text: string): string {
  try {
    const { bad } = read(text);
    throw [...bad.values()][0] ?? new Error("nothing is wrong");
  } catch (error) {
    if (!isDoppelError(error, "profiles.bad")) throw error;
    const { line, key } = error.data;
    expect(error.message).toMatch(line === undefined ? FILE : `${FILE}:${line}: `);
    return `${line} ${key}: ${error.message}`;
  }
}

it("a part and a factor have their ranges, and bytes have to be UTF-8", async () => {
  const one = (expected: string) =>
    readProfiles(parseProfilesDocument("/p", `version: 1\nprofiles:\n  a: {url: /b, expect: {${expected}}}\n`)).bad.get("a");
  expect(one("shrink-to: 1.5")?.message).toContain("a part between 0 and 1");
  expect(one("grow-by: 0.5")?.message).toContain("a factor above 1");
  expect(one("shrink-to: 0.9, grow-by: 1.5")).toBeUndefined();
  expect(() => readProfiles(parseProfilesDocument("/p", "# nothing\n"))).toThrow("/p: is empty; its first line is version: 1");
  expect(() => parseProfilesDocument("/p", "version: 1\n---\na: b\n")).toThrow(/^\/p:2: a second document begins here/);
  await expect(loadProfiles("/p", async () => Buffer.from([0x61, 0xff]))).rejects.toThrow(/is not UTF-8/);
});

describe("a profiles file", () => {
  it("fills in what it does not say", () => {
    expect(profile()).toEqual({
      name: "a",
      url: "s3://bucket/a",
      rules: [],
      options: {},
      encryptTo: [],
      pinned: [],
      expect: {
        timeZone: "UTC",
        schedule: { kind: "every", hours: 24 },
        graceMinutes: 120,
        kinds: "any",
        keys: [],
        folders: [],
        expiryWarningDays: 7,
        shrinkTo: 0.5,
        growBy: 100,
        receipts: "optional",
      },
    });
    expect(read("version: 1").monitor).toEqual({
      state: "/var/lib/doppel",
      parallel: 8,
      roots: [],
      alerts: { repeatHours: 24, webhooks: [], commands: [], pings: [], timeZone: "UTC" },
    });
  });

  it("takes defaults key by key in options, expect and drill, and whole elsewhere", () => {
    const { byName, bad } = read(`
version: 1
defaults:
  options: {volsize: 50, allow-source-mismatch: true, gpg-options: [one, two]}
  rules: [exclude: /proc, exclude-device-files]
  expect: {time-zone: Europe/Berlin, schedule: "mon-fri 03:30", grace: 1h30m}
  drill: {every: 30d}
profiles:
  a:
    url: file://backups/a
    source: ../src
    options: {volsize: 100, allow-source-mismatch: false}
    expect: {kinds: full, paused-until: 2026-12-24}
  b:
    url: target
    rules: [include-filelist: lists/b, exclude: "**"]
    drill: {files: 5, paths: etc/passwd}
    encrypt-to: [b.asc, 0123456789012345, keys/b, Ada <ada@example.org>]
    credentials: {file: b.env}
    fingerprints: 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567
`);
    expect(bad.size).toBe(0);
    expect(byName.get("a")).toMatchObject({
      url: "file:///etc/doppel/backups/a",
      source: "/etc/src",
      options: { volsize: "100", "gpg-options": ["one", "two"] },
      rules: [["exclude", "/proc"], ["exclude-device-files"]],
      drill: { everyDays: 30, files: 20, paths: [] },
      expect: {
        schedule: { kind: "daily", days: [1, 2, 3, 4, 5], minuteOfDay: 210 },
        graceMinutes: 90,
        kinds: "full",
        pausedUntil: new Date("2026-12-23T23:00:00Z"),
      },
    });
    expect(byName.get("a")!.options).not.toHaveProperty("allow-source-mismatch");
    expect(byName.get("b")).toMatchObject({
      url: "/etc/doppel/target",
      options: { "allow-source-mismatch": true },
      rules: [
        ["include-filelist", "/etc/doppel/lists/b"],
        ["exclude", "**"],
      ],
      drill: { everyDays: 30, files: 5, paths: ["etc/passwd"] },
      encryptTo: ["/etc/doppel/b.asc", "0123456789012345", "/etc/doppel/keys/b", "Ada <ada@example.org>"],
      credentials: { kind: "file", path: "/etc/doppel/b.env" },
      pinned: ["0123456789ABCDEF0123456789ABCDEF01234567"],
    });
  });

  it.each([
    ["version: 1\nprofiles:\n  a:\n    url: x\n    sorce: /\n", "5 profiles.a.sorce", "did you mean source?"],
    [
      "version: 1\nprofiles:\n  a:\n    url: x\n    expect:\n      grase: 2h\n",
      "6 profiles.a.expect.grase",
      "did you mean grace?",
    ],
    ["version: 1\nprofiles:\n  a:\n    url: x\n    expect: {grace: soon}\n", "5 profiles.a.expect.grace", 'not "soon"'],
    ["version: 1\nprofiles:\n  a:\n    source: /\n", "3 profiles.a.url", "is missing"],
    [
      "version: 1\nprofiles:\n  a:\n    url: x\n    rules:\n      - exclude: a\n      - exlude: b\n",
      "7 profiles.a.rules[1]",
      "did you mean exclude?",
    ],
    [
      "version: 1\nprofiles:\n  a:\n    url: x\n    rules: [{exclude: a, include: b}]\n",
      "5 profiles.a.rules[0]",
      "dash of its own",
    ],
    ["version: 1\nprofiles:\n  a:\n    url: x\n    rules: {exclude: a}\n", "5 profiles.a.rules", "must be a list of rules"],
    ["version: 1\nprofiles:\n  a:\n    url: x\n    fingerprints: [ABCD]\n", "5 profiles.a.fingerprints[0]", "40 or 64"],
    ["version: 1\nprofiles:\n  a:\n    url: x\n    receipt-key: key.pem\n", "5 profiles.a.receipt-key", "Ed25519"],
    [
      "version: 1\nprofiles:\n  a:\n    url: x\n    credentials: {file: a, aws-profile: b}\n",
      "5 profiles.a.credentials",
      "either",
    ],
    [
      "version: 1\nprofiles:\n  a:\n    url: x\n    expect: {time-zone: Berlin}\n",
      "5 profiles.a.expect.time-zone",
      "Europe/Berlin",
    ],
    [
      "version: 1\nprofiles:\n  a:\n    url: x\n    expect: {paused-until: 2026-02-30}\n",
      "5 profiles.a.expect.paused-until",
      "no such date",
    ],
    ["version: 1\nprofiles:\n  a:\n    url: x\n    expect: {schedule: nightly}\n", "5 profiles.a.expect.schedule", "every 6h"],
    ["version: 1\nprofiles:\n  a:\n    url: x\n  a:\n    url: y\n", "5 a", "is there twice"],
    ["version: 1\nprofiles:\n  a/b: {url: x}\n", "3 profiles.a/b", "name has letters"],
    ["version: 1\nprofiles:\n  a: x\n", "3 profiles.a", "must have keys"],
    ["version: 2\n", "1 version", "must be 1"],
    ["profiles: {}\n", "1 version", "is missing"],
    ["version: 1\nprofile: {}\n", "2 profile", "did you mean profiles?"],
    ["version: 1\ndefaults:\n  url: x\n", "3 defaults.url", "unknown key"],
    ["version: 1\nprofiles: {a: [}\n", "2 undefined", ""],
    [
      "version: 1\nmonitor:\n  alerts:\n    mail: {from: a, to: b, transport: mailhost}\n",
      "4 monitor.alerts.mail.transport",
      "sendmail",
    ],
    [
      "version: 1\nmonitor:\n  alerts:\n    webhooks: [{url: 'https://h', header: {}}]\n",
      "4 monitor.alerts.webhooks[0].header",
      "did you mean headers?",
    ],
  ])("%j is refused by line and key", (text, where, why) => {
    const said = wrong(text);
    expect(said.startsWith(`${where}: `), said).toBe(true);
    expect(said).toContain(why);
    expect(said).not.toContain("\n");
  });

  it.each([
    ["passphrase: geheim", "passphrase"],
    ["options: {passphrase: geheim}", "options.passphrase"],
    ["credentials: {AWS_SECRET_ACCESS_KEY: geheim}", "credentials.AWS_SECRET_ACCESS_KEY"],
    ["aws-secret-access-key: geheim", "aws-secret-access-key"],
    ["options: {s3-endpoint-url: 'https://me:geheim@host'}", "options.s3-endpoint-url"],
    ["source: 's3://AKIA:geheim@bucket/x'", "source"],
    ["encrypt-to: '-----BEGIN PGP PRIVATE KEY BLOCK----- geheim'", "encrypt-to"],
  ])("%j has a secret in it, which is refused with the remedy and not shown", (line, key) => {
    const said = wrong(`version: 1\nprofiles:\n  a:\n    url: x\n    ${line}\n`);
    expect(said).toContain(`5 profiles.a.${key}: `);
    expect(said).toMatch(/do(es)? not belong here|must hold no password/);
    expect(said).not.toContain("geheim");
  });

  it("refuses a secret in the monitor's part, and counts what else is wrong", () => {
    expect(wrong("version: 1\nmonitor:\n  alerts: {mail: {password: geheim}}\n")).toContain("password-file");
    expect(wrong("version: 1\nprofiles:\n  a: {url: x, one: 1, expect: {two: 2}}\n")).toMatch(/; and 1 more$/);
  });

  it("leaves the other profiles when one is wrong", () => {
    const { byName, bad } = read("version: 1\nprofiles:\n  a: {url: x}\n  b: {url: y, what: z}\n  c: {url: z}\n");
    expect([...byName.keys()]).toEqual(["a", "c"]);
    expect([...bad.keys()]).toEqual(["b"]);
  });

  it("is no place for bombs", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `  x${i + 1}: &x${i + 1} [${Array(9).fill(`*x${i}`).join(", ")}]`);
    expect(wrong(["version: 1", "profiles:", "  x0: &x0 [a]", ...levels].join("\n"))).toMatch(/alias/i);
  });

  it("tells that it is not there", async () => {
    const missing = Object.assign(new Error("no"), { code: "ENOENT" });
    await expect(loadProfiles(FILE, () => Promise.reject(missing))).rejects.toMatchObject({
      code: "profiles.bad",
      data: { file: FILE },
    });
  });

  it("is looked for in the usual places", () => {
    const none = (): boolean => false;
    const all = (): boolean => true;
    expect(profilesPath({ DOPPEL_PROFILES: "/p", HOME: "/h" }, all)).toBe("/p");
    expect(profilesPath({ XDG_CONFIG_HOME: "/c", HOME: "/h" }, all)).toBe("/c/doppel/profiles.yaml");
    expect(profilesPath({ HOME: "/h" }, all)).toBe("/h/.config/doppel/profiles.yaml");
    expect(profilesPath({ HOME: "/h" }, none)).toBe("/etc/doppel/profiles.yaml");
  });
});
