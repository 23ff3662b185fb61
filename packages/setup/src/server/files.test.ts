import { expect, it } from "vitest";
import { serverFiles } from "./files.ts";
import { profileBlock } from "./profile.ts";
import { checkExclude, checkFolder as checkIfThere, targetsText } from "./targets.ts";
import { testPlan } from "./test-plan.ts";

const CREDENTIALS = "AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n";
const files = (...args: Parameters<typeof testPlan>) =>
  new Map(serverFiles(testPlan(...args), { credentials: CREDENTIALS }).map((file) => [file.path, file]));

it("a server has these files, and only root reads its credentials", () => {
  expect([...files().values()].map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toEqual([
    "/etc/doppel/profiles.yaml 644",
    "/etc/doppel/web1.targets 644",
    "/etc/doppel/web1.public.asc 644",
    "/etc/doppel/web1.credentials 600",
    "/etc/systemd/system/doppel-web1.service 644",
    "/etc/systemd/system/doppel-web1.timer 644",
  ]);
  const without = serverFiles(testPlan({ credentials: false }), {});
  expect(without.filter(({ text }) => text.includes("redential"))).toEqual([]);
});

it("the list of targets: what is left out first, then the folders, then nothing else", () => {
  expect(
    files()
      .get("/etc/doppel/web1.targets")!
      .text.split("\n")
      .filter((line) => !line.startsWith("#")),
  ).toEqual(["- /home/*/.cache", "+ /etc", "+ /home", "- /", ""]);
});

it("the profile pins the key, and says what is expected of full backups and of chains", () => {
  const full = profileBlock(testPlan(), "  ");
  expect(full).toContain("    fingerprints: 0123456789ABCDEF0123456789ABCDEF01234567\n");
  expect(full).toContain("      kinds: full\n");
  expect(full).not.toContain("full-if-older-than");
  expect(full).toContain('      schedule: "03:30"\n');
  const chains = profileBlock(testPlan({ fullEveryDays: 30 }), "");
  expect(chains).toContain("    full-if-older-than: 30D\n");
  expect(chains).toContain("    kinds: any\n");
});

it("the monitor is to look after each folder, and receipts count as deep as that needs", () => {
  const block = profileBlock(testPlan({ watched: ["/etc", "/var/www", "/srv/a/b"] }), "");
  expect(block).toContain("    folders: [etc, var/www, srv/a]\n");
  expect(block).toContain("    receipt-depth: 2\n");
  expect(profileBlock(testPlan(), "")).not.toContain("receipt-depth");
});

it("what YAML would misread is quoted", () => {
  const block = profileBlock(testPlan({ url: 's3://bucket/a "b" #c', options: [["s3-endpoint-url", "http://127.0.0.1:1"]] }), "");
  expect(block).toContain('  url: "s3://bucket/a \\"b\\" #c"\n');
  expect(block).toContain("    s3-endpoint-url: http://127.0.0.1:1\n");
});

it("every service is told its command, increments or not", () => {
  const unit = (more: Parameters<typeof testPlan>[0]) => files(more).get("/etc/systemd/system/doppel-web1.service")!.text;
  expect(unit({})).toContain("ExecStart=/usr/bin/node /usr/lib/doppel/doppel.js full @web1\n");
  expect(unit({ fullEveryDays: 7 })).toContain("ExecStart=/usr/bin/node /usr/lib/doppel/doppel.js backup @web1\n");
  expect(unit({ program: ['/opt/my $50% "doppel"'] })).toContain('ExecStart="/opt/my $$50%% \\"doppel\\"" full @web1\n');
});

it("a service writes nowhere but to its cache, and to a target on this machine", () => {
  const unit = (more: Parameters<typeof testPlan>[0]) => files(more).get("/etc/systemd/system/doppel-web1.service")!.text;
  expect(unit({})).toContain("\nLoadCredential=web1.credentials:/etc/doppel/web1.credentials\n");
  expect(unit({})).not.toContain("ReadWritePaths");
  expect(unit({ url: "file:///mnt/backup disk/web1" })).toContain('\nReadWritePaths="/mnt/backup disk/web1"\n');
  expect(unit({ url: "/mnt/b" })).toContain("\nReadWritePaths=/mnt/b\n");
  expect(unit({})).toContain("\nPrivateTmp=yes\n");
  expect(unit({ folders: ["/etc", "/var/tmp/kept"] })).toContain("\nPrivateTmp=no\n");
  for (const more of [{ folders: ["/tmp"] }, { url: "file:///var/tmp/backups" }])
    expect(unit(more)).toMatch(
      /\nCacheDirectory=doppel doppel-temp\n[^]*\nPrivateTmp=no\nEnvironment=TMPDIR=\/var\/cache\/doppel-temp\n/,
    );
  expect(unit({})).toMatch(/\nCacheDirectory=doppel\n/);
  expect(unit({})).not.toContain("TMPDIR");
  expect(unit({ folders: ["/tmpfiles"] })).toContain("\nPrivateTmp=yes\n");
  const timing = { scheduler: "systemd", minuteOfDay: 65, delay: "90s", timeZone: "UTC", onFailure: "mail.service" } as const;
  expect(unit({ timing })).toContain("\nOnFailure=mail.service\n");
  expect(files({ timing }).get("/etc/systemd/system/doppel-web1.timer")!.text).toMatch(
    /OnCalendar=\*-\*-\* 01:05:00\nRandomizedDelaySec=90s\n[^]*Persistent=true/,
  );
});

it("cron has a script instead, whose name run-parts takes", () => {
  const cron = files({ server: "web1.example.org", timing: { scheduler: "cron" } });
  expect([...cron.keys()].at(-1)).toBe("/etc/cron.daily/doppel-web1_example_org");
  expect([...cron.values()].at(-1)!.mode).toBe(0o755);
});

it("folders are plain and absolute, and hold something", () => {
  const checkFolder = (folder: string): string => checkIfThere(folder, () => false);
  expect(checkFolder("/etc//nginx/")).toBe("/etc/nginx");
  expect(checkFolder("/home/with blank")).toBe("/home/with blank");
  for (const bad of ["etc", "/", "", "/proc", "/dev/shm", "/run/lock", "/home/*", "/etc/../root", "/a\nb"])
    expect(() => checkFolder(bad), bad).toThrow(/folder/);
  expect(checkFolder("/running")).toBe("/running");
});

it("a folder that is there may look like a pattern: it stands for itself", () => {
  const folders = ["/srv/[a]*?", "/srv/x]"].map((folder) => checkIfThere(folder, () => true));
  expect(targetsText({ server: "web1", folders, excludes: [] })).toContain("\n+ /srv/[[]a][*][?]\n+ /srv/x]\n- /\n");
  expect(() => checkIfThere("/srv/a\nb", () => true)).toThrow(/^folder "\/srv\/a\\nb" has a line break in its name/);
});

it("what is left out is a pattern, and not everything", () => {
  for (const fine of ["/var/cache", "**/.cache", "/home/*/Downloads"]) expect(checkExclude(fine)).toBe(fine);
  for (const bad of ["", "/", "**", "/**", "cache", " /a", "/a\n+ /"]) expect(() => checkExclude(bad), bad).toThrow(/left out/);
});
