import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DoppelError } from "@doppel/base";
import { manifestName } from "@doppel/format";
import { MemoryStorage, tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { ledgerAfter } from "../alerts/ledger.ts";
import type { Expectations, Profile } from "../config/types.ts";
import { nagios } from "../output/nagios.ts";
import { NO_ALERTS } from "../state/alert-state.ts";
import { recordDrill } from "../state/drills.ts";
import { DAY, EXPECT, folder, KEY, message, Monitor, OTHER_KEY, profile, Server, type SetOptions } from "../testing/world.ts";

const night = (day: number, time = "03:00:05") => new Date(`2026-11-${String(day).padStart(2, "0")}T${time}Z`);
const morning = (day: number) => night(day, "08:00:00");

/** A server with nightly backups from the 1st to `last`, and a monitor that looks at it. */
function nightly(last: number, expectations: Partial<Expectations> = {}, options: SetOptions = {}, more: Partial<Profile> = {}) {
  const server = new Server();
  const sets = Array.from({ length: last }, (_, i) => server.backup(night(i + 1), options));
  const state = tempDir();
  const monitor = new Monitor(
    state,
    [profile("web1", { expect: { ...EXPECT, ...expectations }, ...more })],
    () => server.storage,
  );
  const ids = async (day: number): Promise<readonly string[]> => {
    const { findings, failure } = await monitor.one(morning(day));
    expect(failure).toBeUndefined();
    return findings.map(({ id }) => id);
  };
  return { server, sets, monitor, ids, state };
}

describe("a finished backup whose manifest is gone", () => {
  it("is critical at the first look, because its receipt says that it was finished", async () => {
    const { server, ids, monitor } = nightly(3, {}, { folders: [folder("etc")] });
    server.storage.remove(manifestName({ kind: "full", start: night(3), end: night(3) }, "gpg"));
    expect(await ids(3)).toEqual(["missed", "damaged"]);
    const [, finding] = (await monitor.one(morning(3))).findings;
    expect(finding?.text).toContain("manifest.gpg is missing: the newest that can be restored is that of 2026-11-02");
    server.storage.remove(manifestName({ kind: "full", start: night(2), end: night(2) }, "gpg"));
    server.backup(night(4), { folders: [folder("etc")] });
    expect(await ids(4)).toEqual(["damaged-older"]);
  });
});

describe("a backup in its window", () => {
  it("is missed when there is none, and no longer when there is", async () => {
    const { server, monitor, ids } = nightly(3);
    expect(await ids(3)).toEqual([]);
    expect((await monitor.one(night(4, "03:59:00"))).findings).toEqual([]); // the grace is not over
    expect(await ids(4)).toEqual(["missed"]);
    server.backup(night(4, "09:00:00"));
    expect(await ids(4)).toEqual(["missed", "clock"]); // the future is not a backup of now
    expect((await monitor.one(night(4, "12:00:00"))).findings).toEqual([]);
  });

  it("from a far future neither hides what is missed, changed or gone, nor is missed when it is gone itself", async () => {
    const { server, sets, ids } = nightly(3, {}, { keys: [KEY] }, { expect: { ...EXPECT, keys: [KEY] } });
    expect(await ids(3)).toEqual([]);
    const wrong = server.backup(new Date("2099-01-01T00:00:00Z"));
    expect(await ids(4)).toEqual(["missed", "clock"]);
    server.backup(night(5), { keys: [OTHER_KEY] });
    expect(await ids(5)).toEqual(["keys", "clock"]);
    server.backup(night(6));
    expect(await ids(6)).toEqual(["clock"]);
    const names = [...server.storage.objects.keys()].filter((name) => name.includes("20261106T"));
    server.storage.remove(...names);
    expect(await ids(6)).toEqual(["missed", "vanished", "clock"]);
    server.backup(night(7));
    server.storage.remove(...[...server.storage.objects.keys()].filter((name) => name.includes("2099")));
    expect(wrong.volumes).toHaveLength(sets[0]!.volumes.length);
    expect(await ids(7)).toEqual([]);
  });

  it("counts from when it was stored, where the server's clock is ahead", async () => {
    const { server, ids, monitor } = nightly(3);
    expect(await ids(3)).toEqual([]);
    server.backup(night(9));
    for (const name of server.storage.objects.keys()) {
      if (name.includes("20261109T")) server.storage.times.set(name, night(4, "03:10:00"));
    }
    const { findings, summary } = await monitor.one(morning(4));
    expect(findings.map(({ id }) => id)).toEqual(["clock"]);
    expect(summary?.lastBackup?.time).toEqual(night(4, "03:10:00"));
    expect(summary?.nextDeadline).toEqual(night(5, "04:00:00"));
  });

  it("is not missed in a pause", async () => {
    const { ids } = nightly(3, { pausedUntil: night(6, "00:00:00") });
    expect(await ids(5)).toEqual([]);
    expect(await ids(6)).toEqual(["missed"]);
  });

  it("is due so long after the last one, where there is no time of day", async () => {
    const { monitor } = nightly(3, { schedule: { kind: "every", hours: 24 } });
    expect((await monitor.one(night(4, "03:59:00"))).findings).toEqual([]);
    const [missed] = (await monitor.one(night(4, "05:00:00"))).findings;
    expect(missed?.text).toContain("no backup since 2026-11-03 03:00 +00:00, 25 hours ago; one was due by 2026-11-04 04:00");
  });

  it("has until the end of the first window when a server is new", async () => {
    const { ids, monitor } = nightly(0);
    expect(await ids(3)).toEqual(["never-seen"]);
    expect((await monitor.one(morning(3))).severity).toBe("warning");
    expect((await monitor.one(morning(4))).severity).toBe("critical");
  });

  it("is told apart from one that was begun", async () => {
    const { server, sets, monitor } = nightly(3);
    server.storage.remove("duplicity-full.20261103T030005Z.manifest.gpg");
    const [missed] = (await monitor.one(morning(3))).findings;
    expect(missed).toMatchObject({ id: "missed", text: expect.stringContaining("is not finished") });
    server.storage.remove(...sets[2]!.volumes);
    expect((await monitor.one(morning(5))).findings.map(({ id }) => id)).toEqual(["missed"]);
  });

  it("is full where only full ones are expected", async () => {
    const { server, ids } = nightly(2, { kinds: "full" });
    expect(await ids(2)).toEqual([]);
    server.backup(night(3), { kind: "inc", from: night(2) });
    expect(await ids(3)).toEqual(["kind"]);
    server.backup(night(4));
    expect(await ids(4)).toEqual([]);
  });
});

describe("sets are complete", () => {
  const FOLDERS = [folder("etc"), folder("var")];

  it.each([
    ["by their receipts", { folders: FOLDERS }],
    ["by what was there before", {}],
  ])("%s: a volume that is missing, cut off, or stored again", async (_, options) => {
    const { server, sets, monitor, ids } = nightly(3, {}, options);
    expect(await ids(3)).toEqual([]);
    const [, , last] = sets[2]!.volumes;
    const bytes = server.storage.objects.get(last!)!;
    const at = server.storage.times.get(last!)!;

    server.storage.remove(last!);
    const report = await monitor.one(morning(3));
    expect(report.findings).toMatchObject([
      { id: "damaged", severity: "critical", text: expect.stringContaining(`${last} is missing`) },
    ]);
    expect(report.findings[0]!.text).toContain("that of 2026-11-02 03:00");
    expect(report.summary?.lastGood).toEqual(night(2));
    expect(await ids(3)).toEqual(["damaged"]);

    server.storage.store(last!, bytes.subarray(0, 100), at);
    expect(await ids(3)).toEqual(["damaged"]);
    server.storage.store(last!, bytes, morning(3));
    expect(await ids(3)).toEqual(["stored-again"]);
    server.storage.store(last!, bytes, at);
    expect(await ids(3)).toEqual([]);
  });

  it("what was cut off before the first look, and is put back, was not stored again", async () => {
    const { server, sets, ids } = nightly(3, {}, { folders: FOLDERS });
    const [, , last] = sets[2]!.volumes;
    const bytes = server.storage.objects.get(last!)!;
    const at = server.storage.times.get(last!)!;
    server.storage.store(last!, bytes.subarray(0, 100), morning(3));
    expect(await ids(3)).toEqual(["damaged"]);
    server.storage.store(last!, bytes, at);
    expect(await ids(3)).toEqual([]);
  });

  it("at the first look only numbers, empty objects and receipts can tell", async () => {
    const { server, sets, ids } = nightly(3);
    server.storage.remove(sets[2]!.volumes[1]!);
    expect(await ids(3)).toEqual(["damaged"]);
    const other = nightly(3, {}, { folders: FOLDERS });
    other.server.storage.remove(other.sets[2]!.volumes[2]!);
    expect(await other.ids(3)).toEqual(["damaged"]);
    const empty = nightly(3);
    empty.server.storage.store(empty.sets[2]!.volumes[2]!, new Uint8Array(), night(3));
    expect(await empty.ids(3)).toEqual(["damaged"]);
  });

  it("damage of older chains is a warning, and a chain falls with its full backup", async () => {
    const { server, sets, ids, monitor } = nightly(2);
    server.backup(night(3), { kind: "inc", from: night(2) });
    await ids(3);
    server.storage.remove(sets[0]!.volumes[0]!);
    expect(await ids(3)).toEqual(["damaged-older"]);
    server.storage.remove(sets[1]!.volumes[0]!);
    expect((await monitor.one(morning(3))).findings[0]).toMatchObject({
      id: "damaged",
      text: expect.stringContaining("nothing else"),
    });
  });

  it("all of a long chain is known, and old backups are not judged as new ones", async () => {
    const { server, sets, ids } = nightly(1, { kinds: "any", keys: [KEY] }, {}, {});
    for (let day = 2; day <= 28; day++) server.backup(night(day), { kind: "inc", from: night(day - 1) });
    expect(await ids(28)).toEqual([]);
    const { length } = server.storage.read;
    expect(await ids(28)).toEqual([]);
    expect(server.storage.read).toHaveLength(length);
    server.storage.remove(sets[0]!.volumes[2]!); // the last volume of the full backup
    expect(await ids(28)).toEqual(["damaged"]);
  });

  it("a lost manifest does not turn a backup into one that is being made", async () => {
    const { server, ids } = nightly(3);
    await ids(3);
    server.storage.remove("duplicity-full.20261103T030005Z.manifest.gpg");
    expect(await ids(3)).toContain("damaged");
  });

  it("signatures may be missing: files can be had, increments not", async () => {
    const { server, ids } = nightly(3);
    await ids(3);
    server.storage.remove("duplicity-full-signatures.20261103T030005Z.sigtar.gpg");
    expect(await ids(3)).toEqual(["metadata"]);
  });

  it("the newest backup does not go away unseen, the oldest does", async () => {
    const { server, sets, ids } = nightly(3, {}, { folders: FOLDERS });
    await ids(3);
    const drop = (day: number) =>
      server.storage.remove(...[...server.storage.objects.keys()].filter((name) => name.includes(`2026110${day}`)));
    drop(1);
    expect(await ids(3)).toEqual([]);
    drop(3);
    expect(await ids(3)).toEqual(["missed", "vanished"]);
    expect(await ids(3)).toEqual(["missed", "vanished"]);
    server.backup(night(4));
    expect(sets).toHaveLength(3);
    expect(await ids(4)).toEqual([]);
  });

  it("leftovers older than a day are told", async () => {
    const { server, ids } = nightly(3);
    const begun = server.backup(night(3, "05:00:00"));
    server.storage.remove("duplicity-full.20261103T050000Z.manifest.gpg");
    expect(begun.volumes).toHaveLength(3);
    expect(await ids(3)).toEqual([]);
    server.backup(night(4));
    server.backup(night(5));
    expect(await ids(5)).toEqual(["unfinished"]);
  });
});

describe("receipts", () => {
  const FOLDERS = [folder("etc")];

  it("are required only where that is said", async () => {
    expect(await nightly(3).ids(3)).toEqual([]);
    expect(await nightly(3, { receipts: "required" }).ids(3)).toEqual(["receipt-missing"]);
    expect(await nightly(3, { receipts: "required" }, { folders: FOLDERS }).ids(3)).toEqual([]);
  });

  it("are read once", async () => {
    const { server, ids } = nightly(15, {}, { folders: FOLDERS });
    await ids(15);
    // Ten receipts, and the first bytes of the newest volume.
    expect(server.storage.read).toHaveLength(11);
    server.backup(night(16), { folders: FOLDERS });
    await ids(16);
    expect(server.storage.read).toHaveLength(13);
  });

  it("continue one another: one that was taken out or put in between shows", async () => {
    const { server, sets, ids } = nightly(3, {}, { folders: FOLDERS });
    server.storage.remove(...[...server.storage.objects.keys()].filter((name) => name.includes("20261102")));
    expect(await ids(3)).toEqual(["receipt-chain"]);
    const other = nightly(3, {}, { folders: FOLDERS });
    const name = other.sets[1]!.receipt;
    const text = Buffer.from(other.server.storage.objects.get(name)!).toString().replace("web1", "web2");
    other.server.storage.store(name, Buffer.from(text), night(2));
    expect(await other.ids(3)).toEqual(["receipt-chain"]);
    expect(sets).toHaveLength(3);
  });

  it("that were replaced after they were read are no longer believed", async () => {
    const { server, sets, ids } = nightly(3, {}, { folders: FOLDERS });
    await ids(3);
    const name = sets[2]!.receipt;
    server.storage.store(name, Buffer.from("nothing"), morning(3));
    expect(await ids(3)).toEqual(["stored-again"]);
    expect(await ids(3)).toEqual(["stored-again"]);
  });

  it("that are damaged, or not signed where a key is known", async () => {
    expect(await nightly(3, {}, { folders: FOLDERS }, { receiptKey: "PEM" }).ids(3)).toEqual(["receipt-bad"]);
  });
});

describe("plausible against the last ones", () => {
  const usual = [folder("etc"), folder("var", { bytes: 900e6 })];

  it("a sudden shrink, a hundredfold growth", async () => {
    const { server, ids } = nightly(3, {}, { volumes: 10 });
    server.backup(night(4), { volumes: 2 });
    expect(await ids(4)).toEqual(["shrunk"]);
    server.backup(night(5), { volumes: 10 });
    expect(await ids(5)).toEqual([]);
    server.backup(night(6), { volumes: 1, volumeBytes: 2_000_000 });
    expect(await ids(6)).toEqual(["grown"]);
  });

  it("a folder that is gone, or empty, for as long as it was there lately", async () => {
    const { server, monitor, ids } = nightly(3, {}, { folders: usual });
    expect(await ids(3)).toEqual([]);
    server.backup(night(4), { folders: [folder("etc"), folder("var", { bytes: 900e6 }), folder("srv", { files: 0, bytes: 0 })] });
    expect(await ids(4)).toEqual([]);
    server.backup(night(5), { folders: [folder("var", { bytes: 900e6 }), folder("etc", { files: 0, bytes: 0 })] });
    expect((await monitor.one(morning(5))).findings).toMatchObject([
      { id: "folder-gone", text: expect.stringContaining("no file of etc") },
    ]);
    server.backup(night(6), { folders: [folder("var", { bytes: 900e6 })] });
    expect(await ids(6)).toEqual(["folder-gone"]);
    server.backup(night(7), { folders: usual });
    expect(await ids(7)).toEqual([]);
  });

  it("of folders below each other that are gone, the upper one is told", async () => {
    const deep = [folder("etc", { bytes: 900e6 }), folder("var", { files: 0, bytes: 0 }), folder("var/www"), folder("var/lib")];
    const { server, monitor } = nightly(3, { folders: ["var/www", "srv/a/b"] }, { folders: [...deep, folder("srv/a/b")] });
    server.backup(night(4), { folders: [folder("etc", { bytes: 900e6 })] });
    const [found] = (await monitor.one(morning(4))).findings;
    expect(found).toMatchObject({
      id: "folder-gone",
      text: expect.stringMatching(/has no file of (?:var, srv|srv, var): /),
    });
  });

  it("a folder that has to be there, even if it never was", async () => {
    const { ids } = nightly(3, { folders: ["/srv/"] }, { folders: usual });
    expect(await ids(3)).toEqual(["folder-gone"]);
  });

  it("receipts that come to count deeper, or less deep, are no loss; what lies too deep for them is said", async () => {
    const flat = [folder("etc"), folder("var", { bytes: 900e6 })];
    const deep = [
      folder("etc/ssh"),
      folder("var", { files: 0, bytes: 0 }),
      folder("var/www", { bytes: 400e6 }),
      folder("var/lib", { bytes: 500e6 }),
    ];
    const { server, ids } = nightly(3, {}, { folders: flat });
    server.backup(night(4), { folders: deep });
    expect(await ids(4)).toEqual([]);
    server.backup(night(5), {
      folders: [...deep.filter(({ name }) => name !== "var/www"), folder("var/www", { files: 0, bytes: 0 })],
    });
    expect(await ids(5)).toEqual(["folder-gone"]);
    server.backup(night(6), { folders: deep });
    expect(await ids(6)).toEqual([]);
    server.backup(night(7), { folders: flat });
    expect(await ids(7)).toEqual([]);
    const mostlyEtc = folder("etc", { bytes: 900e6 });
    const wanting = nightly(3, { folders: ["var/www"] }, { folders: [mostlyEtc, folder("var")] });
    expect((await wanting.monitor.one(morning(3))).findings).toMatchObject([
      { id: "folder-unseen", severity: "warning", text: expect.stringContaining("--receipt-depth 2") },
    ]);
    wanting.server.backup(night(4), { folders: [mostlyEtc, folder("var", { files: 0, bytes: 0 })] });
    expect(await wanting.ids(4)).toEqual(["folder-gone"]);
  });

  it("a folder below which a disk is missing", async () => {
    const { server, ids } = nightly(3, {}, { folders: [...usual, folder("srv", { bytes: 200e6 })] });
    server.backup(night(4), { folders: [...usual, folder("srv", { bytes: 1e6 })] });
    expect(await ids(4)).toEqual(["folder-shrunk"]);
  });

  it("what ransomware leaves: everything changed, and nothing compresses", async () => {
    const photos = folder("photos", { ratio: 0.99 });
    const { server, monitor, ids } = nightly(3, {}, { folders: [...usual, photos] });
    expect(await ids(3)).toEqual([]);
    const scrambled = folder("var", { bytes: 900e6, changedFiles: 99, changedBytes: 900e6, ratio: 1 });
    server.backup(night(4), { folders: [folder("etc"), scrambled, { ...photos, changedFiles: 100 }] });
    expect((await monitor.one(morning(4))).findings).toMatchObject([
      { id: "scrambled", severity: "critical", text: expect.stringContaining("var (99 of 100 files)") },
    ]);
    const video = folder("var", { bytes: 900e6, changedFiles: 1, changedBytes: 100e6, ratio: 1 });
    server.backup(night(5), { folders: [folder("etc"), video, photos] });
    expect(await ids(5)).toEqual([]);
  });

  it("one that an earlier look could not see is judged too, when two came since", async () => {
    const { server, ids } = nightly(3, {}, { volumes: 10 });
    await ids(3);
    server.backup(night(4), { volumes: 2 });
    server.backup(night(5), { volumes: 10 });
    expect(await ids(5)).toEqual(["shrunk"]);
    expect(await ids(5)).toEqual([]);
  });
});

describe("encrypted to exactly the expected keys", () => {
  const primary = "0123456789ABCDEF0123456789ABCDEF01234567";

  it("by the message itself", async () => {
    const { server, monitor, ids } = nightly(3, { keys: [KEY.toLowerCase()] });
    expect(await ids(3)).toEqual([]);
    server.backup(night(4), { keys: [KEY, OTHER_KEY] });
    expect((await monitor.one(morning(4))).findings).toMatchObject([{ id: "keys", text: expect.stringContaining(OTHER_KEY) }]);
    server.backup(night(5), { keys: [OTHER_KEY] });
    expect(await ids(5)).toEqual(["keys"]);
    server.backup(night(6));
    expect(await ids(6)).toEqual([]);
  });

  it("all of them", async () => {
    expect(await nightly(3, { keys: [KEY, OTHER_KEY] }).ids(3)).toEqual(["keys"]);
    expect(await nightly(3, { keys: [OTHER_KEY, KEY] }, { keys: [KEY, OTHER_KEY] }).ids(3)).toEqual([]);
    expect(await nightly(3, { keys: [KEY] }, { keys: ["0".repeat(16)] }).ids(3)).toEqual([]);
  });

  it("a primary key's subkey is known from its file, or is the one that it always was", async () => {
    const server = new Server();
    server.backup(night(1));
    const one = profile("web1", { expect: { ...EXPECT, keys: [primary] } });
    const subkeys = async () => new Map([[primary, [KEY]]]);
    const monitor = new Monitor(tempDir(), [one], () => server.storage, { subkeys });
    expect((await monitor.one(morning(1))).findings).toEqual([]);
    server.backup(night(2), { keys: [OTHER_KEY] });
    expect((await monitor.one(morning(2))).findings).toMatchObject([{ id: "keys" }]);

    const unknowing = nightly(1, { keys: [primary] });
    expect(await unknowing.ids(1)).toEqual([]);
    unknowing.server.backup(night(2), { keys: [OTHER_KEY] });
    expect(await unknowing.ids(2)).toEqual(["keys"]);
    unknowing.server.backup(night(3), { keys: [OTHER_KEY] });
    expect(await unknowing.ids(3)).toEqual(["keys"]);
    unknowing.server.backup(night(4));
    expect(await unknowing.ids(4)).toEqual([]);
  });

  it("a receipt that says something else than the message", async () => {
    const encryption = { kind: "keys" as const, keyIds: [KEY] };
    const { ids } = nightly(3, { keys: [KEY] }, { keys: [OTHER_KEY], receipt: { encryption } });
    expect(await ids(3)).toEqual(["keys-receipt", "keys"]);
  });
});

describe("when the last good backup expires", () => {
  it("is told before", async () => {
    const { ids, monitor } = nightly(3, { expireDays: 6, expiryWarningDays: 2 });
    expect(await ids(3)).toEqual([]);
    expect((await monitor.one(morning(3))).summary?.lastGoodExpires).toEqual(new Date(night(9).getTime() + 60_000));
    expect(await ids(6)).toEqual(["missed"]);
    expect(await ids(7)).toEqual(["missed", "expiry"]);
  });

  it("a chain goes with its full backup, and a damaged backup is none", async () => {
    const { server, ids } = nightly(1, { expireDays: 6, expiryWarningDays: 2 });
    for (let day = 2; day <= 6; day++) server.backup(night(day), { kind: "inc", from: night(day - 1) });
    expect(await ids(6)).toEqual(["expiry"]);
    const other = nightly(5, { expireDays: 6, expiryWarningDays: 2 });
    await other.ids(5);
    for (const { volumes } of other.sets.slice(1)) other.server.storage.remove(volumes[0]!);
    expect(await other.ids(5)).toContain("expiry");
  });
});

describe("drills", () => {
  const drill = { everyDays: 30, files: 10, paths: [] };
  const run = { files: 10, bytes: 5e6, seconds: 5, bytesPerSecond: 1e6, set: night(1).toISOString(), problems: [] };

  it("that failed count where none are due", async () => {
    const { ids, state } = nightly(3);
    await recordDrill(state, "web1", { ...run, time: night(3).toISOString(), ok: false, problems: ["x"] });
    expect(await ids(3)).toEqual(["drill-failed"]);
  });

  it("are due, overdue, and failed", async () => {
    const { ids, monitor, state, server } = nightly(3, {}, { folders: [folder("etc")] }, { drill });
    expect(await ids(3)).toEqual([]);
    await recordDrill(state, "web1", { ...run, time: night(3).toISOString(), ok: true });
    const { summary } = await monitor.one(morning(3));
    expect(summary).toMatchObject({ lastProven: night(3), restoreSeconds: 50 });
    await recordDrill(state, "web1", { ...run, time: night(3).toISOString(), ok: false, problems: ["etc/passwd differs"] });
    expect((await monitor.one(morning(3))).findings).toMatchObject([
      { id: "drill-failed", text: expect.stringContaining("passwd") },
    ]);
    await recordDrill(state, "web1", { ...run, time: night(4).toISOString(), ok: true });
    for (let day = 4; day < 30; day++) server.backup(night(day), { folders: [folder("etc")] });
    expect((await monitor.one(morning(29))).findings).toEqual([]);
    const later = new Date(night(4).getTime() + 31 * DAY);
    expect((await monitor.one(later)).findings.map(({ id }) => id)).toEqual(["missed", "drill-overdue"]);
  });
});

describe("many servers", () => {
  const unreachable = (): never => {
    throw new DoppelError("storage.unavailable", "cannot reach s3.example.org", { operation: "open" });
  };
  const ofS3 = (name: string) =>
    profile(name, { url: `s3://bucket/${name}`, options: { "s3-endpoint-url": "https://s3.example.org/" } });

  it("one endpoint that does not answer is one thing, and is not asked by all", async () => {
    let asked = 0;
    const names = Array.from({ length: 50 }, (_, i) => `web${i}`);
    const good = new Server();
    good.backup(night(3));
    const monitor = new Monitor(tempDir(), [...names.map(ofS3), profile("local")], ({ name }) => {
      if (name === "local") return good.storage;
      asked++;
      return unreachable();
    });
    const { profiles, fleet } = await monitor.check(morning(3));
    expect(fleet).toMatchObject([{ subject: "s3.example.org", id: "unavailable", severity: "unknown" }]);
    expect(fleet[0]!.text).toContain("50 of 50 servers");
    expect(asked).toBeLessThan(10);
    expect(profiles.find(({ name }) => name === "local")).toMatchObject({ severity: "ok" });
    expect(profiles.filter(({ failure }) => failure !== undefined)).toHaveLength(50);
    expect(profiles.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it("one endpoint that does not answer is one thing also when one server is looked at by itself", async () => {
    const monitor = new Monitor(tempDir(), ["a", "b"].map(ofS3), unreachable);
    const [whole, alone] = [await monitor.check(morning(3)), await monitor.check(morning(3), "a")];
    let ledger = ledgerAfter(NO_ALERTS, whole);
    const keys = Object.keys(ledger.alerts);
    expect(keys).toEqual(["fleet s3.example.org unavailable"]);
    ledger = ledgerAfter(ledger, alone);
    expect(Object.keys(ledger.alerts)).toEqual(keys);
    expect(alone.fleet[0]!.text).toContain("backups of 1 of 2 servers cannot be looked at (a): cannot reach s3");
    expect(nagios(alone)).toEqual({ line: "DOPPEL UNKNOWN - a: cannot reach s3.example.org\n", exit: 3 });
  });

  it("bad credentials of one are his alone, and so is a defect of his file", async () => {
    const good = new Server();
    good.backup(night(3));
    const monitor = new Monitor(tempDir(), ["a", "b", "c", "d"].map(ofS3), ({ name }) => {
      if (name !== "b") return good.storage;
      throw new DoppelError("storage.credentials", "the key is not known", { reason: "unknown" });
    });
    const { profiles, fleet } = await monitor.check(morning(3));
    expect(fleet).toEqual([]);
    expect(profiles.map(({ severity }) => severity)).toEqual(["ok", "unknown", "ok", "ok"]);
  });

  it("a folder of local targets that is gone is one thing", async () => {
    const monitor = new Monitor(
      tempDir(),
      ["a", "b", "c"].map((name) => profile(name)),
      ({ name }) => {
        throw new DoppelError("storage.not-found", `there is no /backups/${name}`, { name });
      },
    );
    expect((await monitor.check(morning(3))).fleet).toMatchObject([{ subject: "/backups", id: "not-found" }]);
  });

  it("backups below a root that no profile names", async () => {
    const server = new Server();
    server.backup(night(3));
    const monitor = new Monitor(tempDir(), [profile("a")], () => server.storage, {
      foldersBelow: async () => ["a", "b", "empty"],
      openUrl: async (url) => (url.endsWith("empty") ? new MemoryStorage() : server.storage),
    });
    monitor.roots.push("/backups/");
    expect((await monitor.check(morning(3))).fleet).toMatchObject([
      { subject: "/backups/", id: "unconfigured", severity: "warning", text: expect.stringContaining(": /backups/b; add") },
    ]);
    expect((await monitor.check(morning(3), "a")).fleet).toEqual([]);
  });

  it("an unknown name is a wrong command line", async () => {
    const monitor = new Monitor(tempDir(), [profile("a")], () => new MemoryStorage());
    await expect(monitor.check(morning(1), "b")).rejects.toMatchObject({ code: "cli.usage" });
    expect((await monitor.check(morning(1), "a")).isWhole).toBe(false);
  });

  it("a state file that is damaged is said, and begun anew", async () => {
    const { ids, monitor, state } = nightly(3);
    await ids(3);
    writeFileSync(join(state, "profiles/web1.json"), '{"v":1,"firstChecked":17');
    expect(await ids(3)).toEqual([]);
    expect(monitor.warnings).toEqual([expect.stringContaining("is damaged")]);
    expect(readdirSync(join(state, "profiles"))).toEqual(["web1.json"]);
    writeFileSync(join(state, "profiles/web1.json"), "[]");
    expect(await ids(3)).toEqual([]);
    expect(monitor.warnings).toHaveLength(2);
    mkdirSync(join(state, "drills"));
    writeFileSync(join(state, "drills/web1.json"), '{"v":1}');
    expect(await ids(3)).toEqual([]);
    expect(monitor.warnings[2]).toMatch(/drills\/web1\.json is damaged: the test restores/);
  });

  it("objects that are no backups, and names that contradict each other", async () => {
    const { server, ids } = nightly(3);
    server.storage.store("README.txt", Buffer.from("hello"), night(3));
    expect(await ids(3)).toEqual([]);
    server.storage.store("duplicity-full.20261103T030005Z.vol1.difftar.gz", message([], 10), night(3));
    expect(await ids(3)).toEqual(["conflict"]);
  });
});
