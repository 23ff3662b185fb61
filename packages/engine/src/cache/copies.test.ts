import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomContent, tempDir } from "@doppel/testkit";
import { expect, it, describe } from "vitest";
import { type FolderBackupOptions, type JobEvent, keysFromPassphrase, openTarget } from "../index.ts";

/** A chain of three of one file, whose blocks move each time, and what is needed for a fourth. */
class Chain {
  readonly dir = tempDir();
  readonly source = join(this.dir, "source");
  readonly archiveDir = join(this.dir, "archive");
  readonly events: JobEvent[] = [];
  #options: FolderBackupOptions;
  #night = 0;

  constructor(options: FolderBackupOptions) {
    this.#options = options;
  }

  /** The file as it is on the n-th night: a block of what was is another, and something is put in before it. */
  content(night: number): Buffer {
    const base = randomContent("file", 400_000);
    const parts = Array.from({ length: night }, (_, n) => randomContent(`night ${n}`, 3_000 + 700 * n));
    return Buffer.concat([base.subarray(0, 20_000), ...parts, base.subarray(20_000 + 500 * night)]);
  }

  async backUp(passphrase?: string) {
    if (this.#night === 0) rmSync(this.source, { recursive: true, force: true });
    await using target = await openTarget(`file://${this.dir}/target`, {
      archiveDir: this.archiveDir,
      tempDir: this.dir,
      ...(passphrase !== undefined && { keys: keysFromPassphrase(passphrase) }),
    });
    const mtime = new Date(1_600_000_000_000 + this.#night * 1000);
    const entries = [{ path: "file", content: this.content(this.#night++), mtime }];
    const { rules: _, ...options } = this.#options;
    const report = await target.backupEntries(entries, { ...options, onEvent: (event) => this.events.push(event) });
    await new Promise((resolve) => setTimeout(resolve, 1100)); // a set is named by its second
    return report;
  }

  async restored(passphrase?: string, path?: string) {
    const into = join(this.dir, `restored-${path ?? "all"}`);
    const options = passphrase === undefined ? {} : { keys: keysFromPassphrase(passphrase) };
    await using target = await openTarget(`file://${this.dir}/target`, { tempDir: this.dir, ...options });
    const events: JobEvent[] = [];
    const report = await target.restore(into, { ...(path !== undefined && { path }), onEvent: (event) => events.push(event) });
    return { report, content: readFileSync(path === undefined ? join(into, "file") : into), events };
  }

  files(folder: "archive" | "target", pattern: RegExp): readonly string[] {
    const names = readdirSync(join(this.dir, folder)).filter((name) => pattern.test(name));
    return names.sort().map((name) => join(this.dir, folder, name));
  }

  get notices(): readonly string[] {
    return this.events.flatMap((event) => (event.type === "notice" ? [event.detail] : []));
  }
}

function swap([a, b]: readonly string[]): void {
  renameSync(a!, `${a}.other`);
  renameSync(b!, a!);
  renameSync(`${a}.other`, b!);
}

const SIGNATURES = /^duplicity-new-signatures.*\.sigtar/;

async function threeNights(options: FolderBackupOptions): Promise<Chain> {
  const chain = new Chain(options);
  for (let night = 0; night < 3; night++) await chain.backUp();
  return chain;
}

const receipt = { program: "test" };

describe("an increment", () => {
  it.each([
    ["changed places", (files: readonly string[]) => swap(files)],
    ["one is there twice", ([a, b]: readonly string[]) => copyFileSync(a!, b!)],
    ["one has another byte", ([a]: readonly string[]) => flip(a!)],
  ])("is not made against copies of signatures that are not what was written: %s", async (_, damage) => {
    const chain = await threeNights({ encryption: "none" });
    damage(chain.files("archive", SIGNATURES));
    await chain.backUp();
    expect(chain.notices.join()).toContain("is not what was written there");
    const { report, content } = await chain.restored();
    expect([report.incomplete, content.equals(chain.content(3))]).toEqual([0, true]);
    // What was fetched is known again.
    chain.events.length = 0;
    await chain.backUp();
    expect(chain.notices).toEqual([]);
  });

  it("ends where the signatures cannot be had otherwise", async () => {
    const chain = await threeNights({ encryption: { passphrase: "secret" } });
    swap(chain.files("archive", SIGNATURES));
    await expect(chain.backUp()).rejects.toMatchObject({
      code: "openpgp.no-secret-key",
      message: expect.stringContaining("is not what was written there"),
    });
  });

  it.each([["none", undefined] as const, ["a passphrase", "secret"] as const])(
    "is not made against signatures at the target that are not what the receipt says: encryption %s",
    async (_, passphrase) => {
      const chain = await threeNights({ encryption: passphrase === undefined ? "none" : { passphrase }, receipt });
      swap(chain.files("target", SIGNATURES));
      rmSync(chain.archiveDir, { recursive: true });
      await expect(chain.backUp(passphrase)).rejects.toMatchObject({
        code: "volume.damaged",
        message: expect.stringContaining("full backup"),
      });
    },
  );

  it.each([["none", undefined] as const, ["a passphrase", "secret"] as const])(
    "that was made against others all the same is told of when it is restored: encryption %s",
    async (_, passphrase) => {
      const chain = await threeNights({ encryption: passphrase === undefined ? "none" : { passphrase } });
      swap(chain.files("target", SIGNATURES));
      rmSync(chain.archiveDir, { recursive: true });
      await chain.backUp(passphrase);
      for (const path of [undefined, "file"]) {
        const { report, content, events } = await chain.restored(passphrase, path);
        expect(content.equals(chain.content(3))).toBe(false); // or this test shows nothing
        expect(report.incomplete).toBeGreaterThan(0);
        const details = events.flatMap((event) => (event.type === "notice" ? [event.detail] : []));
        expect(details.join()).toContain("made against signatures that were not those");
        expect(details.join()).not.toContain("are sound");
      }
      const keys = passphrase === undefined ? {} : { keys: keysFromPassphrase(passphrase) };
      await using target = await openTarget(`file://${chain.dir}/target`, { tempDir: chain.dir, ...keys });
      expect((await target.verify()).incomplete).toBeGreaterThan(0);
      await expect(target.restore(join(chain.dir, "strict"), { keepGoing: false })).rejects.toMatchObject({
        code: "volume.damaged",
      });
    },
  );
});

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
}
