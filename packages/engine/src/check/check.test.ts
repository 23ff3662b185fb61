import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDoppelError, pathFromText } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import { type SecretKeys, secretKeysFromPassphrase } from "@doppel/openpgp";
import type { Storage } from "@doppel/storage";
import { type Fault, FaultyStorage, MemoryStorage, randomContent } from "@doppel/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { Bench } from "../backup/test-support.ts";
import { check } from "../check.ts";
import type { Envelope } from "../job.ts";
import { depsOf, testRuntime } from "../history/test-support.ts";
import type { CheckJob, CheckReport } from "./report.ts";

const file = (path: string, seed: string, mtime: number) => ({
  path: pathFromText(path),
  type: "file" as const,
  content: randomContent(seed, 150_000),
  mtime,
});

/** A full set and an increment, with receipts. */
async function bench(envelope: Envelope = { kind: "gzip" }): Promise<Bench> {
  const made = new Bench();
  for (const [kind, mtime] of [
    ["full", 1_600_000_000],
    ["inc", 1_600_000_001],
  ] as const) {
    made.become([file("a", "a", 1_600_000_000), file("b", `${mtime}`, mtime), file("c", "c", 1_600_000_000)]);
    expect((await made.backup({ kind, receipt: { program: "doppel 0", folderDepth: 1 } }, { envelope })).error).toBeUndefined();
  }
  return made;
}

const JOB = { prefixes: NO_PREFIXES, withKey: true, sample: { kind: "all" }, parallel: 2 } as const;

function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), "doppel-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const run = (storage: Storage, job: Partial<CheckJob> = {}, archiveDir?: string, keys?: SecretKeys): Promise<CheckReport> => {
  const dir = scratch();
  const extra = { ...(archiveDir !== undefined && { archiveDir }), ...(keys && { keys }) };
  return check({ ...JOB, ...job }, depsOf(storage, dir, extra), testRuntime());
};
const found = ({ sets, foreign }: CheckReport): string[] =>
  [...sets.flatMap(({ findings }) => findings), ...foreign].map(({ severity, kind, name }) => `${severity} ${kind} ${name}`);
const nameOf = ({ target }: Bench, part: string): string =>
  [...target.objects.keys()].sort().find((name) => name.includes(part))!;
const flip = ({ target }: Bench, name: string, at: number): void => {
  const bytes = Uint8Array.from(target.objects.get(name)!);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  target.objects.set(name, bytes);
};

describe("check", () => {
  it("reads every object of every backup once, and finds nothing where all is sound", async () => {
    using target = await bench();
    for (const withKey of [true, false]) {
      const report = await run(target.target, { withKey }, target.archiveDir);
      expect(found(report)).toEqual([]);
      expect(report).toMatchObject({
        objects: target.target.objects.size,
        read: target.target.objects.size,
        problems: 0,
        warnings: 0,
      });
      expect(report.readBytes).toBe(report.bytes);
      expect(report.sets.map(({ id }) => id.kind)).toEqual(["full", "inc"]);
    }
  });

  it("names each object that is damaged, missing or too many, and goes on", async () => {
    using target = await bench();
    const [volume, gone, signatures, index] = [".vol2.", ".vol3.", "full-signatures", "full.*index"].map((part) =>
      [...target.target.objects.keys()].sort().find((name) => new RegExp(part).test(name)),
    ) as [string, string, string, string];
    flip(target, volume, 1000);
    flip(target, signatures, -20);
    flip(target, index, -200);
    target.target.objects.delete(gone);
    const extra = volume.replace("vol2", "vol99");
    target.target.objects.set(extra, Buffer.from("x"));
    target.target.objects.set("holiday.jpg", Buffer.from("x"));
    expect(found(await run(target.target)).sort()).toEqual(
      [
        `problem missing ${gone}`,
        `problem unnamed ${extra}`,
        `problem bytes ${volume}`,
        `problem unreadable ${extra}`,
        `problem unreadable ${index}`,
        `problem unreadable ${signatures}`,
        "warning foreign holiday.jpg",
      ].sort(),
    );
  });

  it("says what a damaged manifest leaves unknown, and still looks at its volumes", async () => {
    using target = await bench();
    const manifest = nameOf(target, "duplicity-inc").replace(/\.(index|vol).*/, ".manifest");
    target.target.objects.set(manifest, Buffer.from("<html>"));
    const volume = [...target.target.objects.keys()].find(
      (name) => name.startsWith("duplicity-inc.") && name.includes(".vol1."),
    )!;
    flip(target, volume, 3000);
    expect(found(await run(target.target))).toEqual([`problem unreadable ${manifest}`, `problem unreadable ${volume}`]);
    target.target.objects.delete(manifest);
    expect(found(await run(target.target))).toContain(`problem missing ${manifest}`);
  });

  it("tells copies in the archive directory that are not the target's", async () => {
    using target = await bench();
    const copy = target.archived.find((name) => name.startsWith("duplicity-full.") && name.endsWith(".manifest"))!;
    const path = join(target.archiveDir, copy);
    writeFileSync(path, readFileSync(path, "latin1").replace(/SHA256 ./, "SHA256 f"), "latin1");
    const report = await run(target.target, {}, target.archiveDir);
    expect(found(report)).toEqual([`warning copy ${path}`]);
  });

  it("goes on where it was stopped, does not believe what was damaged, and forgets when it is done", async () => {
    using target = await bench();
    const stateFile = join(scratch(), "state");
    const total = target.target.objects.size;
    flip(target, nameOf(target, "full-signatures"), 50);
    const stopped = new FaultyStorage(target.target, [{ at: 12, operation: "get", how: "fail" }]);
    await expect(run(stopped, { stateFile })).rejects.toSatisfy((error) => isDoppelError(error, "storage.unavailable"));
    expect(existsSync(stateFile)).toBe(true);
    const watched = new FaultyStorage(target.target, []);
    const report = await run(watched, { stateFile });
    expect(report.readBefore).toBeGreaterThan(2);
    expect(report.read + report.readBefore).toBe(total);
    expect(found(report)).toEqual([`problem unreadable ${nameOf(target, "full-signatures")}`]);
    expect(existsSync(stateFile)).toBe(false);
  });

  it("begins anew for another question, and beside a state that cannot be understood", async () => {
    using target = await bench();
    const stateFile = join(scratch(), "state");
    const stopped = (): FaultyStorage => new FaultyStorage(target.target, [{ at: 12, operation: "get", how: "fail" }]);
    await expect(run(stopped(), { stateFile })).rejects.toThrow();
    expect((await run(target.target, { stateFile, withKey: false })).readBefore).toBe(0);
    for (const text of ["", "nonsense\n", '{"v":1}\n', '{"v":1,"target":"memory"']) {
      writeFileSync(stateFile, text);
      expect(await run(target.target, { stateFile })).toMatchObject({ readBefore: 0, problems: 0 });
    }
  });

  it("reads a sample, the same one for the same seed, and all manifests and receipts", async () => {
    using target = await bench();
    const job = { sample: { kind: "objects", count: 3 }, seed: 7 } as const;
    const logs = [];
    for (let i = 0; i < 2; i++) {
      const watched = new FaultyStorage(target.target, []);
      const report = await run(watched, job);
      expect(report).toMatchObject({ seed: 7, read: 2 + 2 + 3, problems: 0 });
      logs.push([...watched.log].sort());
    }
    expect(logs[0]).toEqual(logs[1]);
  });

  it("holds what it reads to the hashes of the receipt, whatever else can be seen of it", async () => {
    const passphrase = "of a test";
    const cases = [
      // Without the key, a changed byte inside what is encrypted shows nowhere else.
      {
        envelope: { kind: "gpg", recipients: [], passphrase, compress: true },
        withKey: false,
        parts: [".vol2.", ".sigtar", ".manifest", ".index"],
      },
      { envelope: { kind: "plain" }, withKey: true, parts: [".sigtar"] },
    ] as const;
    for (const { envelope, withKey, parts } of cases) {
      using target = await bench(envelope);
      for (const part of parts) {
        const name = nameOf(target, part);
        flip(target, name, -300);
        const report = await run(target.target, { withKey });
        expect(found(report), `${part}, ${withKey}`).toEqual([`problem bytes ${name}`]);
        expect(report.sets.flatMap(({ findings }) => findings)[0]!.detail).toMatch(
          /is not what its receipt says: SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}; the receipt is whole, by its own hash/,
        );
        flip(target, name, -300);
      }
    }
  });

  it("says it when a manifest that nothing protects and the receipt disagree", async () => {
    using target = await bench();
    const manifest = nameOf(target, "duplicity-full.").replace(/\.(index|vol).*/, ".manifest");
    const text = Buffer.from(target.target.objects.get(manifest)!).toString("latin1");
    const hash = /SHA256 ([0-9a-f]+)/.exec(text)![1]!;
    const wrong = `${hash[0] === "0" ? "1" : "0"}${hash.slice(1)}`;
    target.target.objects.set(manifest, Buffer.from(text.replaceAll(hash, wrong), "latin1"));
    const volume = nameOf(target, "vol1.");
    for (const withKey of [true, false]) {
      const report = await run(target.target, { withKey });
      expect(found(report)).toEqual([`problem bytes ${manifest}`, `problem bytes ${volume}`]);
      const { detail } = report.sets[0]!.findings[1]!;
      expect(detail).toMatch(
        /is not what its manifest says: .*; it is what its receipt says, but a restore believes the manifest/,
      );
    }
    flip(target, volume, 100);
    expect((await run(target.target)).sets[0]!.findings[1]!.detail).toMatch(/; nor is it what its receipt says/);
  });

  it("believes an encrypted manifest before a receipt, and no receipt that is damaged", async () => {
    const passphrase = "of a test";
    using target = await bench({ kind: "gpg", recipients: [], passphrase, compress: true });
    const volume = nameOf(target, ".vol1.");
    const receipt = nameOf(target, "duplicity-full.").replace(/\.(index|vol).*/, ".receipt");
    const whole = target.target.objects.get(receipt)!;
    const lines = Buffer.from(whole).toString().trim().split("\n").slice(0, -1);
    const body = lines
      .map((line) => `${line.includes(volume) ? line.replace(/"sha256":"[0-9a-f]{4}/, '"sha256":"0000') : line}\n`)
      .join("");
    const sealed = createHash("sha256").update(body).digest("hex");
    target.target.objects.set(receipt, Buffer.from(`${body}{"sha256":"${sealed}"}\n`));
    const keys = secretKeysFromPassphrase(async () => passphrase);
    const forged = await run(target.target, {}, undefined, keys);
    expect(found(forged)).toEqual([`warning receipt ${volume}`]);
    expect(found(await run(target.target, { withKey: false }))).toEqual([`problem bytes ${volume}`]);
    // Its own hash shows that it is not what was written.
    target.target.objects.set(
      receipt,
      Buffer.from(
        Buffer.from(whole)
          .toString()
          .replace(/"sha256":"[0-9a-f]{4}/, '"sha256":"0000'),
      ),
    );
    for (const withKey of [true, false])
      expect(found(await run(target.target, { withKey }, undefined, keys))).toEqual([`warning receipt ${receipt}`]);
  });

  it("says that an empty target is empty, and what the archive directory remembers", async () => {
    for (const withKey of [true, false]) {
      const nothing = run(new MemoryStorage(), { withKey });
      await expect(nothing).rejects.toMatchObject({ code: "collection.empty", message: expect.not.stringContaining("though") });
    }
    const dir = scratch();
    writeFileSync(join(dir, "last-receipt.json"), "{}");
    await expect(run(new MemoryStorage(), {}, dir)).rejects.toThrow(
      /, though the archive directory .* remembers the receipt of one; check the URL/,
    );
    writeFileSync(join(dir, "mail-duplicity-full.20260601T000000Z.manifest"), "");
    await expect(run(new MemoryStorage(), {}, dir)).rejects.toThrow(
      /the manifest of one of 20260601T000000Z, under names that begin with "mail-"; check the URL/,
    );
  });

  it("does not go on with what is a day old, nor past an object that was stored since", async () => {
    using target = await bench();
    const stateFile = join(scratch(), "state");
    const stored = new Map<string, Date>();
    const dated = (faults: Fault[] = []): Storage => {
      const inner = new FaultyStorage(target.target, faults);
      return {
        label: inner.label,
        async *list(prefix, signal) {
          for await (const object of inner.list(prefix, signal))
            yield { ...object, modified: stored.get(object.name) ?? new Date(0) };
        },
        stat: (name) => inner.stat(name),
        get: (name, range, signal) => inner.get(name, range, signal),
        put: (name, body) => inner.put(name, body),
        delete: (names) => inner.delete(names),
        [Symbol.asyncDispose]: async () => undefined,
      };
    };
    const stop = () => expect(run(dated([{ at: 12, operation: "get", how: "fail" }]), { stateFile })).rejects.toThrow();
    const soundIn = (file: string): string[] => {
      const lines = readFileSync(file, "utf8").trim().split("\n").slice(1);
      return lines.map((line) => (JSON.parse(line) as [string])[0]);
    };
    await stop();
    const sound = soundIn(stateFile);
    expect(sound.length).toBeGreaterThan(2);
    stored.set(sound[0]!, new Date(1000));
    flip(target, sound[0]!, -300);
    const report = await run(dated(), { stateFile });
    expect(report.readBefore).toBe(sound.length - 1);
    expect(report.read).toBe(target.target.objects.size - report.readBefore);
    expect(report.problems).toBe(1);
    flip(target, sound[0]!, -300);

    await stop();
    const seen = readFileSync(stateFile, "utf8");
    writeFileSync(stateFile, seen.replace(/"begun":"[^"]*"/, '"begun":"2025-12-30T23:59:00.000Z"'));
    const runtime = testRuntime();
    const dir = scratch();
    const anew = await check({ ...JOB, stateFile }, depsOf(dated(), dir), runtime);
    expect(anew).toMatchObject({ readBefore: 0, read: target.target.objects.size });
    const notices = runtime.events.filter(({ type }) => type === "notice");
    expect(notices).toMatchObject([{ detail: expect.stringMatching(/more than a day ago: everything is read again$/) }]);
    writeFileSync(stateFile, seen.replace(/"begun":"[^"]*"/, '"begun":"2025-12-31T00:01:00.000Z"'));
    expect((await run(dated(), { stateFile })).readBefore).toBeGreaterThan(2);
  });
});
