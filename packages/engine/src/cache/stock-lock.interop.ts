import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeInterop, stockDuplicity, tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { lockArchiveDir } from "./lock.ts";

const RUNTIME = {
  random: { bytes: (n: number) => randomBytes(n) },
  clock: { now: () => new Date(), sleep: (ms: number) => sleep(ms) },
};

describeInterop(["duplicity"], "the lock and stock duplicity", () => {
  it("stock is kept out, and afterwards it is not; it leaves our link alone", async () => {
    using stock = stockDuplicity();
    const source = tempDir();
    writeFileSync(join(source, "a"), "text");
    const path = join(stock.archiveDir, "name");
    const backup = () => stock.run(["full", "--no-encryption", "--name", "name", source, `file://${join(tempDir(), "t")}`]);
    {
      await using held = await lockArchiveDir(path, { hostname: "here", create: true }, RUNTIME);
      expect(held).toBeDefined();
      const refused = await backup();
      expect(refused.code).toBe(23);
      expect(refused.stderr.toString()).toContain("Another duplicity instance is already running with this archive directory");
      expect(readdirSync(path).toSorted()).toEqual(["doppel.lock", "lockfile"]);
    }
    const done = await backup();
    expect(done.code, done.stderr.toString()).toBe(0);
    expect(readdirSync(path)).toHaveLength(2);
  });

  it("a process with stock's lock keeps us out while it lives; a file that was left does not", async () => {
    const path = join(tempDir(), "name");
    mkdirSync(path);
    const file = join(path, "lockfile");
    const take =
      "import fcntl,sys,time; f=open(sys.argv[1],'a'); fcntl.lockf(f,fcntl.LOCK_EX); print(1,flush=True); time.sleep(99)";
    const holder = spawn("/usr/bin/python3", ["-c", take, file]);
    const ended = once(holder, "close");
    await once(holder.stdout, "data");
    const lock = () => lockArchiveDir(path, { hostname: "here", create: true }, RUNTIME);
    await expect(lock()).rejects.toMatchObject({
      code: "archive-dir.locked",
      message: `Another duplicity instance is already running with this archive directory (${file}: process ${holder.pid})`,
    });
    expect(readdirSync(path)).toEqual(["lockfile"]);
    holder.kill("SIGKILL");
    await ended;
    await (await lock())[Symbol.asyncDispose]();
    expect(readdirSync(path)).toEqual([]);
  });
});
