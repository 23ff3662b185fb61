import { mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { startS3Server, tempDir } from "@doppel/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { type JobEvent, type MadeEntry, openTarget, type Target } from "../index.ts";

const PLAIN = { encryption: "none", hostname: "panel", threads: 1 } as const;
const EARLY = new Date("2020-02-03T04:05:06Z");

let folder: string;
beforeEach(async () => {
  folder = tempDir();
});

async function open(more: Parameters<typeof openTarget>[1] = {}): Promise<Target> {
  return openTarget(`file://${folder}/target`, { tempDir: folder, ...more });
}

async function all(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bytes that do not repeat. */
function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

async function* inParts(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What `work` rejects with. */
async function failure(work: () => unknown): Promise<{ code?: string; data?: unknown; cause?: unknown }> {
  try {
    await work();
  } catch (error) {
    return error as { code?: string };
  }
  throw new Error("nothing was thrown");
}

const failingAt = (target: Target, entries: unknown): Promise<unknown> =>
  failure(() => target.backupEntries(entries as MadeEntry[], PLAIN));

describe("entries that a program makes", () => {
  it("come back as they were, in any state", async () => {
    await using target = await open();
    const dump = noise(9_000_000);
    const entries: MadeEntry[] = [
      { path: "z/fifo", type: "fifo", mode: 0o600, mtime: EARLY },
      { path: "db/dump.sql", content: () => inParts(dump, 65_537), mtime: EARLY, mode: 0o640 },
      { path: "db/known", content: inParts(dump.subarray(0, 3_000_000), 999), size: 3_000_000, mtime: EARLY },
      { path: "empty", content: Readable.from([]), mtime: EARLY },
      { path: "bytes", content: Buffer.from("text"), mtime: EARLY },
      { path: Uint8Array.of(0x61, 0xe4), content: () => Buffer.from("latin1"), mtime: EARLY },
      { path: "link", linkTarget: "db/dump.sql", mtime: EARLY },
    ];
    await target.backupEntries(entries, { ...PLAIN, volumeBytes: 2_000_000 });
    const report = await target.restore(join(folder, "out"));
    expect(report).toMatchObject({ incomplete: 0, lost: 0, files: 10 });
    const out = join(folder, "out");
    expect((await readFile(join(out, "db/dump.sql"))).equals(dump)).toBe(true);
    expect((await readFile(join(out, "db/known"))).equals(dump.subarray(0, 3_000_000))).toBe(true);
    expect(await readFile(join(out, "bytes"), "utf8")).toBe("text");
    expect(await readFile(Buffer.from(join(out, "a\xe4"), "latin1"), "utf8")).toBe("latin1");
    expect(await readlink(join(out, "link"))).toBe("db/dump.sql");
    const stats = await stat(join(out, "db/dump.sql"));
    expect([stats.mode & 0o7777, stats.mtime]).toEqual([0o640, EARLY]);
    expect((await stat(join(out, "z/fifo"))).isFIFO()).toBe(true);
    expect((await stat(join(out, "db"))).mode & 0o7777).toBe(0o755);
    expect(await target.stat("db/dump.sql")).toMatchObject({ type: "file", size: dump.length, mode: 0o640, mtime: EARLY });
    expect((await target.stat("a\udce4"))?.size).toBe(6);
  });

  it("are stored as deltas when they change, and not asked for when they do not", async () => {
    await using target = await open();
    const [before, after] = [noise(5_000_000), noise(5_000_000)];
    after.fill(7, 2_500_000, 2_500_100);
    let asked = 0;
    const entries = (dump: Buffer, mtime: Date): MadeEntry[] => [
      { path: "dump", content: () => inParts(dump, 100_000), mtime },
      {
        path: "same",
        mtime: EARLY,
        content: () => {
          asked++;
          return Buffer.from("same");
        },
      },
      { path: `only-in-${mtime.getUTCFullYear()}`, content: Buffer.from("x"), mtime },
    ];
    const first = await target.backupEntries(entries(before, EARLY), PLAIN);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // a set is named by its second
    const second = await target.backupEntries(entries(after, new Date("2021-01-01Z")), PLAIN);
    expect([first.set.id.kind, second.set.id.kind, asked]).toEqual(["full", "inc", 1]);
    expect(second.statistics).toMatchObject({ newFiles: 2, changedFiles: 1, deletedFiles: 1 }); // the root has the time of its first entry
    expect(second.statistics.rawDeltaSize).toBeLessThan(10_000);
    expect((await all(target.read("dump"))).equals(after)).toBe(true);
    expect((await all(target.read("dump", { time: first.set.id.end }))).equals(before)).toBe(true);
    const names = [];
    for await (const { path } of target.list({ time: first.set.id.end })) names.push(path);
    expect(names).toEqual(["", "dump", "only-in-2020", "same"]);
  });

  it("let go of streams that are not wanted", async () => {
    await using target = await open();
    const make = (): [Readable, MadeEntry[]] => {
      const stream = Readable.from([Buffer.from("x")]);
      return [stream, [{ path: "a", content: stream, mtime: EARLY }]];
    };
    await target.backupEntries(make()[1], PLAIN);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const [stream, entries] = make();
    await target.backupEntries(entries, PLAIN);
    expect(stream.destroyed).toBe(true);
    const [unread, others] = make();
    expect(await failingAt(target, [...others, { path: "/" }])).toMatchObject({ code: "source.bad-entry" });
    expect(unread.destroyed).toBe(true);
  });

  it("give their own error when they fail, and leave no backup", async () => {
    await using target = await open();
    const own = new Error("the database went away");
    const content = async function* () {
      yield noise(5_000_000);
      throw own;
    };
    expect(await failingAt(target, [{ path: "a", content }])).toBe(own);
    const entries = async function* () {
      yield { path: "a", content: noise(3) };
      throw own;
    };
    expect(await failingAt(target, entries())).toBe(own);
    expect(await target.backups()).toEqual([]);
  });

  it.each([
    [
      "order",
      "order",
      [
        { path: "b", content: noise(1) },
        { path: "a", content: noise(1) },
      ].values(),
    ],
    [
      "the same path twice",
      "order",
      [
        { path: "a", content: noise(1) },
        { path: "a/", type: "dir" },
      ],
    ],
    [
      "a file in a file",
      "path",
      [
        { path: "a", content: noise(1) },
        { path: "a/b", content: noise(1) },
      ],
    ],
    ["an absolute path", "path", [{ path: "/a", content: noise(1) }]],
    ["a path that leads out", "path", [{ path: "../a", content: noise(1) }]],
    ["no path", "path", [{ content: noise(1) }]],
    ["no entry", "value", [null]],
    ["a file as the root", "path", [{ path: "", content: noise(1) }]],
    ["neither type nor content", "type", [{ path: "a" }]],
    ["a type that there is not", "type", [{ path: "a", type: "socket" }]],
    ["a folder with content", "type", [{ path: "a", type: "dir", content: noise(1) }]],
    ["a mode", "value", [{ path: "a", content: noise(1), mode: 0o10000 }]],
    ["a uid", "value", [{ path: "a", content: noise(1), uid: -1 }]],
    ["an owner's name", "value", [{ path: "a", content: noise(1), uname: 7 }]],
    ["a time", "value", [{ path: "a", content: noise(1), mtime: new Date(Number.NaN) }]],
    ["a time that is a number", "value", [{ path: "a", content: noise(1), mtime: 1e12 }]],
    ["a link without a target", "value", [{ path: "a", type: "symlink" }]],
    ["a device without numbers", "value", [{ path: "a", type: "chardev" }]],
    ["a size that is not that of the bytes", "size", [{ path: "a", content: noise(1), size: 2 }]],
    ["a stream that is shorter than its size", "size", [{ path: "a", content: inParts(noise(10), 3), size: 11 }]],
    ["a stream that is longer than its size", "size", [{ path: "a", content: inParts(noise(3_000_000), 1000), size: 11 }]],
    ["text as content", "content", [{ path: "a", content: "text" }]],
    ["a stream of text", "content", [{ path: "a", content: Readable.from(["text"]) }]],
    ["a function that gives nothing", "content", [{ path: "a", content: () => undefined }]],
  ])("are refused for %s", async (_, reason, entries) => {
    await using target = await open();
    expect(await failingAt(target, entries)).toMatchObject({ code: "source.bad-entry", data: { reason } });
    expect(await target.backups()).toEqual([]);
  });

  it("are not taken for a backup of nothing when a generator has been used up", async () => {
    await using target = await open();
    const generator = [{ path: "a", content: noise(1) }].values();
    await target.backupEntries(generator, PLAIN);
    expect(await failingAt(target, generator)).toMatchObject({ code: "source.missing" });
    expect((await target.backups()).length).toBe(1);
  });
});

describe("reading", () => {
  it("a range is that part of the file", async () => {
    await using target = await open();
    const bytes = noise(700_001);
    await target.backupEntries([{ path: "a", content: inParts(bytes, 10_000) }], PLAIN);
    for (const [start, end] of [
      [0, 1],
      [5, 5],
      [699_999, 900_000],
      [262_143, 262_145],
      [100_000, 600_000],
      [800_000, 900_000],
    ] as const) {
      expect((await all(target.read("a", { start, end }))).equals(bytes.subarray(start, end))).toBe(true);
    }
  });

  it("gives chunks that stay what they are", async () => {
    await using target = await open();
    const bytes = noise(3_000_000);
    await target.backupEntries([{ path: "a", content: bytes }], PLAIN);
    expect((await all(target.read("a"))).equals(bytes)).toBe(true);
  });

  it("begins anew with each iteration", async () => {
    await using target = await open();
    await target.backupEntries([{ path: "a", content: noise(5) }], PLAIN);
    const content = target.read("a");
    expect([(await all(content)).length, (await all(content)).length]).toEqual([5, 5]);
  });

  it("lists what is in one folder", async () => {
    await using target = await open();
    const content = noise(1);
    await target.backupEntries(
      ["a/b/c", "a/d", "e"].map((path) => ({ path, content })),
      PLAIN,
    );
    const names = async (options: Parameters<Target["list"]>[0]): Promise<string[]> => {
      const found = [];
      for await (const { path } of target.list(options)) found.push(path);
      return found;
    };
    expect(await names({ recursive: false })).toEqual(["", "a", "e"]);
    expect(await names({ path: "a", recursive: false })).toEqual(["a", "a/b", "a/d"]);
    expect(await names({ path: "a" })).toEqual(["a", "a/b", "a/b/c", "a/d"]);
  });

  it("says what is not there", async () => {
    await using target = await open();
    expect(await failure(() => all(target.read("a")))).toMatchObject({ code: "storage.not-found" });
    await mkdir(join(folder, "target"));
    expect(await failure(() => all(target.read("a")))).toMatchObject({ code: "collection.empty" });
    await target.backupEntries([{ path: "d/a", content: noise(1) }], PLAIN);
    expect(await target.stat("b")).toBeUndefined();
    expect(await failure(() => all(target.read("b")))).toMatchObject({ code: "restore.path-not-found" });
    expect(await failure(() => all(target.read("d")))).toMatchObject({ code: "restore.not-a-file" });
  });
});

describe("a target", () => {
  it("is not made by who only looks", async () => {
    await using target = await open();
    expect(await failure(() => target.backups())).toMatchObject({ code: "storage.not-found" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("is a bucket, too", async () => {
    await using server = await startS3Server();
    const { endpoint, bucket, admin } = server;
    const s3 = { endpoint, region: "us-east-1", credentials: admin };
    await using target = await openTarget(`s3://${bucket}/server`, { tempDir: folder, s3 });
    const bytes = noise(3_000_000);
    const report = await target.backupEntries([{ path: "a", content: inParts(bytes, 50_000) }], {
      ...PLAIN,
      volumeBytes: 1_000_000,
    });
    expect([report.set.volumes.size, (await target.backups()).length]).toEqual([3, 1]);
    expect((await all(target.read("a"))).equals(bytes)).toBe(true);
    expect((await target.check()).problems).toBe(0);
    const plan = await target.retain({ kind: "remove-older-than", time: new Date() });
    expect([plan.applied, (await target.backups()).length]).toEqual([false, 1]);
  });

  it("leaves nothing in the folder for temporary files", async () => {
    {
      await using target = await open();
      await target.backupEntries([{ path: "a", content: noise(1) }], PLAIN);
      expect((await readdir(folder)).length).toBe(2);
    }
    expect(await readdir(folder)).toEqual(["target"]);
  });

  it("is closed once and for all, when its jobs have ended; what is being read is not waited for", async () => {
    const target = await open();
    await target.backupEntries([{ path: "a", content: noise(3_000_000) }], PLAIN);
    const reading = target.read("a")[Symbol.asyncIterator]();
    await reading.next();
    const slow = async function* () {
      yield noise(1);
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    const job = target.backupEntries([{ path: "b", content: slow }], PLAIN);
    await target.close();
    expect((await job).outcome).toBe("stored");
    expect(await failure(() => reading.next())).toMatchObject({ code: "run.aborted" });
    await target.close();
    const calls = [
      () => target.backups(),
      () => target.stat("a"),
      () => all(target.read("a")),
      () => target.restore(join(folder, "x")),
      () => target.backup(folder, PLAIN),
      () => target.list()[Symbol.asyncIterator]().next(),
    ];
    for (const call of calls) expect(await failure(call)).toMatchObject({ code: "api.closed" });
  });

  it("makes one backup at a time", async () => {
    await using target = await open();
    const slow = async function* () {
      yield noise(1);
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    const first = target.backupEntries([{ path: "a", content: slow }], PLAIN);
    expect(await failingAt(target, [{ path: "a", content: noise(1) }])).toMatchObject({ code: "api.busy" });
    expect((await first).outcome).toBe("stored");
  });

  it("locks its archive directory against others", async () => {
    const archiveDir = join(folder, "archive");
    await using one = await open({ archiveDir });
    await using other = await open({ archiveDir });
    const slow = async function* () {
      yield noise(1);
      expect(await failingAt(other, [{ path: "a", content: noise(1) }])).toMatchObject({ code: "archive-dir.locked" });
    };
    expect((await one.backupEntries([{ path: "a", content: slow }], PLAIN)).outcome).toBe("stored");
  });

  it("ends a job when it is told to, whatever the reason", async () => {
    await using target = await open();
    const stop = new AbortController();
    const never = async function* () {
      yield noise(1);
      stop.abort("enough");
      await new Promise(() => {});
    };
    const job = target.backupEntries([{ path: "a", content: never }], { ...PLAIN, signal: stop.signal });
    expect(await failure(() => job)).toMatchObject({ code: "run.aborted", cause: "enough" });
    expect(await failure(() => target.backups({ signal: stop.signal }))).toMatchObject({ code: "run.aborted", cause: "enough" });
    expect((await target.backupEntries([{ path: "a", content: noise(1) }], PLAIN)).outcome).toBe("stored");
    const reading = new AbortController();
    const content = target.read("a", { signal: reading.signal });
    const read = async (): Promise<void> => {
      for await (const _ of content) reading.abort();
    };
    expect(await failure(read)).toMatchObject({ code: "run.aborted" });
  });

  it("ends a job whose listener throws", async () => {
    await using target = await open();
    const own = new Error("the panel has a bug");
    const onEvent = (): void => {
      throw own;
    };
    expect(await failure(() => target.backupEntries([{ path: "a", content: noise(1) }], { ...PLAIN, onEvent }))).toMatchObject({
      code: "run.aborted",
      cause: own,
    });
  });

  it("tells what happens", async () => {
    await writeFile(join(folder, "file"), "x");
    await using target = await open();
    const events: JobEvent[] = [];
    await target.backup(join(folder, "file"), { ...PLAIN, onEvent: (event) => events.push(event) });
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["run.started", "volume.stored", "entry.done", "run.finished"]),
    );
    expect(events.find(({ type }) => type === "entry.done")).toMatchObject({ path: "", size: 1 });
  });
});

describe("bad use", () => {
  const wrong: readonly (readonly [string, (target: Target) => unknown])[] = [
    ["options.encryption left out", (target) => target.backup(folder, {} as never)],
    ["encryption to nobody", (target) => target.backup(folder, { encryption: {} })],
    ["an empty passphrase", (target) => target.backup(folder, { encryption: { passphrase: "" } })],
    ["a recipient that is a name", (target) => target.backup(folder, { encryption: { recipients: ["me" as never] } })],
    ["no options", (target) => target.backup(folder, undefined as never)],
    ["a misspelt option", (target) => target.backup(folder, { ...PLAIN, volumebytes: 5 } as never)],
    ["a small volume", (target) => target.backup(folder, { ...PLAIN, volumeBytes: 5 })],
    ["a level", (target) => target.backup(folder, { ...PLAIN, compressLevel: 10 })],
    ["a kind", (target) => target.backup(folder, { ...PLAIN, kind: "incremental" as never })],
    ["a rule", (target) => target.backup(folder, { ...PLAIN, rules: [{ includes: "a" } as never] })],
    ["a pattern", (target) => target.backup(folder, { ...PLAIN, rules: [{ include: "" }] })],
    ["a folder that is no path", (target) => target.backup(5 as never, PLAIN)],
    ["an empty folder name", (target) => target.backup("", PLAIN)],
    ["entries that are none", (target) => target.backupEntries("entries" as never, PLAIN)],
    ["a signal", (target) => target.backups({ signal: {} as never })],
    ["a listener", (target) => target.backups({ onEvent: "print" as never })],
    ["a time", (target) => target.stat("a", { time: "yesterday" as never })],
    ["an invalid time", (target) => target.stat("a", { time: new Date("x") })],
    ["a path", (target) => target.stat("../a")],
    ["a range", (target) => all(target.read("a", { start: 5, end: 4 }))],
    ["a start", (target) => all(target.read("a", { start: -1 }))],
    ["a target path", (target) => target.restore(undefined as never)],
    ["a target that is no place", () => openTarget(5 as never)],
    ["a storage without methods", () => openTarget({ label: "x" } as never)],
    ["options of a target", () => openTarget(folder, { archivedir: "x" } as never)],
    ["a temporary folder", () => openTarget(folder, { tempDir: 5 as never })],
  ];
  it.each(wrong)("is an error of the program's: %s", async (_, call) => {
    await using target = await open();
    expect(await failure(() => call(target))).toMatchObject({ code: "api.bad-argument" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("a policy that keeps nothing is refused", async () => {
    await using target = await open();
    await target.backupEntries([{ path: "a", content: noise(1) }], PLAIN);
    const keep = { kind: "remove-all-but-n-full", count: 0 } as const;
    expect(await failure(() => target.retain(keep, { force: true }))).toMatchObject({ code: "api.bad-argument" });
    expect((await target.backups()).length).toBe(1);
  });
});
