import { randomBytes } from "node:crypto";
import { lutimesSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openTempDir, type TempDir } from "@doppel/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockArchiveDir } from "./lock.ts";
import { Holder } from "./testing/holders.ts";

const RUNTIME = {
  random: { bytes: (n: number) => randomBytes(n) },
  clock: { now: () => new Date(), sleep: (ms: number) => sleep(ms) },
};
const BUSY = { code: "archive-dir.locked" };

let dir: TempDir;
let path: string;
beforeEach(() => {
  dir = openTempDir();
  path = join(dir.path, "base", "name");
});
afterEach(() => dir[Symbol.dispose]());

const lock = (create = true) => lockArchiveDir(path, { hostname: "here", create }, RUNTIME);
/** Leaves a lock as somebody else would have: fields of the real one changed. */
async function leave(change: Partial<Record<"hostname" | "kernel" | "processes" | "pid" | "began", string>>, age = 0) {
  const held = await lock();
  const [number, ...fields] = readlinkSync(join(path, "doppel.lock")).split(" ");
  await held[Symbol.asyncDispose]();
  const names = ["hostname", "kernel", "processes", "pid", "began"] as const;
  mkdirSync(path, { recursive: true });
  const file = join(path, "doppel.lock");
  symlinkSync(
    [number, ...names.map((name, i) => encodeURIComponent(change[name] ?? decodeURIComponent(fields[i]!)))].join(" "),
    file,
  );
  const touched = Date.now() / 1000 - age;
  lutimesSync(file, touched, touched);
}

describe("the lock of an archive directory", () => {
  it("keeps others out until it is disposed, and leaves nothing", async () => {
    {
      await using held = await lock();
      expect(held).toBeDefined();
      await expect(lock()).rejects.toMatchObject({ ...BUSY, message: expect.stringContaining(`process ${process.pid}`) });
      await expect(lock()).rejects.toThrow("Another duplicity instance is already running with this archive directory");
      writeFileSync(join(path, "manifest"), "");
    }
    expect(readdirSync(path)).toEqual(["manifest"]);
    await using again = await lock();
    expect(again).toBeDefined();
  });

  it("takes the folder away again that it made for nothing", async () => {
    await (await lock())[Symbol.asyncDispose]();
    expect(readdirSync(join(dir.path, "base"))).toEqual([]);
  });

  it("makes no folder for a reader, who is kept out of one that is there", async () => {
    await using none = await lock(false);
    expect(none).toBeDefined();
    expect(readdirSync(dir.path)).toEqual([]);
    await using held = await lock();
    expect(held).toBeDefined();
    await expect(lock(false)).rejects.toMatchObject(BUSY);
  });

  it("tells a folder that cannot be used", async () => {
    writeFileSync(join(dir.path, "base"), "");
    await expect(lock()).rejects.toMatchObject({ code: "archive-dir.unusable" });
  });

  it("is taken over from a process of that number which began at another time, and after a reboot", async () => {
    await leave({ began: "1" });
    await (await lock())[Symbol.asyncDispose]();
    await leave({ kernel: "another" });
    await (await lock())[Symbol.asyncDispose]();
    expect(readdirSync(path)).toEqual([]);
  });

  it.each([
    ["another machine", { hostname: "web2", kernel: "another", pid: "12" }],
    ["another container", { hostname: "web2", processes: "pid:[1]", pid: "12" }],
  ])("is not taken over from %s unless that was silent for ten minutes", async (_, holder) => {
    await leave(holder, 300);
    await expect(lock()).rejects.toMatchObject({ ...BUSY, message: expect.stringMatching(/process 12 of web2, .* 30\d s old/) });
    expect(readdirSync(path)).toEqual(["doppel.lock"]);
    await (await lock().catch(() => leaveAgain(holder)))[Symbol.asyncDispose]();
    expect(readdirSync(path)).toEqual([]);
  });

  async function leaveAgain(holder: Parameters<typeof leave>[0]): Promise<AsyncDisposable> {
    const file = join(path, "doppel.lock");
    const long = Date.now() / 1000 - 601;
    lutimesSync(file, long, long);
    expect(readlinkSync(file)).toContain(holder.hostname);
    return lock();
  }

  it("is taken over when successors died over it, and their leftovers go", async () => {
    await leave({ began: "1" });
    const text = readlinkSync(join(path, "doppel.lock"));
    const number = text.slice(0, 16);
    const other = text.replace(number, "0123456789abcdef");
    symlinkSync(other, join(path, `doppel.lock-${number}`)); // died before it succeeded
    symlinkSync(other, join(path, "doppel.lock-fedcba9876543210")); // and one whose holder is long gone
    {
      await using held = await lock();
      expect(held).toBeDefined();
      expect(readdirSync(path).filter((name) => name !== "lockfile")).toEqual(["doppel.lock"]);
    }
    expect(readdirSync(path)).toEqual([]);
  });

  it("does not lean on what is no lock", async () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "doppel.lock"), "?");
    await expect(lock()).rejects.toMatchObject({ ...BUSY, message: expect.stringContaining("remove it") });
    expect(readFileSync(join(path, "doppel.lock"), "utf8")).toBe("?");
  });
});

describe("twenty processes at once", () => {
  it("exactly one gets it; killed, exactly one of the others", async () => {
    const holders = await Holder.start(path, 20);
    try {
      let rest = holders;
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(rest.map((holder) => holder.take()));
        expect(answers.toSorted()).toEqual(["held", ...rest.slice(1).map(() => "locked")]);
        const winner = rest[answers.indexOf("held")]!;
        rest = rest.filter((holder) => holder !== winner);
        await winner.kill();
      }
    } finally {
      await Promise.all(holders.map((holder) => holder[Symbol.asyncDispose]()));
    }
    await (await lock())[Symbol.asyncDispose]();
    expect(readdirSync(path)).toEqual([]);
  });
});
