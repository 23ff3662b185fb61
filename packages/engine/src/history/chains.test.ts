import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { collectBytes } from "@doppel/base";
import { formatManifest, manifestName, signaturesName } from "@doppel/format";
import { type SecretKeys, secretKeysFromKeyFile, secretKeysFromPassphrase } from "@doppel/openpgp";
import { FIXTURES, loadExpectation, MemoryStorage, type TreeEntry, tempDir, testKey } from "@doppel/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { changesInSet } from "../changes.ts";
import { diff } from "../diff.ts";
import { find } from "../find.ts";
import { list } from "../list.ts";
import { readContext } from "../read/context.ts";
import { readManifest } from "../read/metadata.ts";
import { readTarget } from "../read/target.ts";
import type { ListedEntry } from "./entries.ts";
import { openMetadata } from "../read/open-metadata.ts";
import { all, depsOf, prefixes, testRuntime } from "./test-support.ts";

const rsa = testKey("rsa");
const keys: SecretKeys = secretKeysFromKeyFile(readFileSync(rsa.secretFile), () => Promise.resolve(rsa.passphrase));
afterAll(() => keys.close());

describe.each(["pubkey-old", "plain-gz-new"])("the chain %s of stock duplicity", (name) => {
  const folder = join(FIXTURES, "chains", name);
  const { points } = JSON.parse(readFileSync(join(folder, "set.json"), "utf8")) as { points: { epoch: number; type: string }[] };
  const states = points.map((_, n) =>
    loadExpectation(join(folder, "expect", `${n}.json`)).filter(({ type }) => type !== "socket"),
  );
  const times = points.map(({ epoch }) => new Date(epoch * 1000));
  const storage = new MemoryStorage();
  for (const file of readdirSync(join(folder, "backup"))) storage.objects.set(file, readFileSync(join(folder, "backup", file)));
  const deps = depsOf(storage, tmpdir(), { keys });

  it.each(points.map((_, n) => n))("lists the state after set %i", async (n) => {
    const listed = await all(list({ time: times[n]!, prefixes }, deps, testRuntime()));
    expect(listed.map(seen)).toEqual(states[n]!.map(expected));
    for (const [i, { size }] of states[n]!.entries()) {
      if (size === undefined) continue;
      const { min, max } = listed[i]!.sizeRange!;
      expect(min <= size && size <= max).toBe(true);
    }
  });

  it("tells what differs between any two states", async () => {
    for (const [from, a] of states.entries()) {
      for (const [to, b] of states.entries()) {
        const rows = await all(diff({ from: times[from]!, to: times[to]!, prefixes }, deps, testRuntime()));
        const told = new Map(rows.map((row) => [row.path, row.what]));
        const [old, now] = [byPath(a), byPath(b)];
        for (const path of new Set([...old.keys(), ...now.keys()])) {
          const [was, is] = [old.get(path), now.get(path)];
          const what = told.get(path);
          if (!was || !is) expect([path, what]).toEqual([path, was ? "removed" : "added"]);
          else if (was.type !== is.type) expect([path, what]).toEqual([path, "type"]);
          else if (was.sha256 !== is.sha256 || was.target !== is.target) expect([path, what]).toEqual([path, "changed"]);
          else expect([path, what]).toEqual([path, same(was, is) ? undefined : "attributes"]);
        }
      }
    }
  });

  it("finds every version of every path", async () => {
    const found = await all(find({ pattern: "." as never, prefixes }, deps, testRuntime()));
    for (const [n, state] of states.entries()) {
      const here = found.filter(({ set, until }) => until && set.end <= times[n]! && times[n]! <= until);
      expect(here.map(({ path, type }) => [path, type])).toEqual(state.map(({ path, type }) => [path, type]));
    }
  });

  it("tells the same changes from signatures as duplicity's manifests do", async () => {
    const context = readContext(deps, prefixes, testRuntime());
    const { collection } = await readTarget(storage, prefixes, context.runtime.signal);
    const [chain] = collection.chains;
    const archiveDir = tempDir();
    for (const set of [chain!.full, ...chain!.incrementals]) {
      const withoutList = formatManifest(await readManifest(set, context));
      writeFileSync(join(archiveDir, manifestName(set.id, "plain")), withoutList);
    }
    for (const index of points.keys()) {
      const [told, signed] = await Promise.all(
        [deps, { ...deps, archiveDir }].map(async (from) => {
          const report = await changesInSet({ index, prefixes }, from, testRuntime());
          expect(report.set.end).toEqual(times.at(-1 - index));
          return all(report.changes());
        }),
      );
      expect(told!.length).toBeGreaterThan(0);
      expect(signed).toEqual(told);
    }
  });
});

describe("the chain pubkey-old on a machine without the secret key", () => {
  const backup = join(FIXTURES, "chains", "pubkey-old", "backup");
  const storage = new MemoryStorage();
  for (const file of readdirSync(backup)) storage.objects.set(file, readFileSync(join(backup, file)));
  const wrongKeys = secretKeysFromPassphrase(() => Promise.resolve("not a key"));

  it("is listed from the archive directory", async () => {
    const archiveDir = tempDir();
    const context = readContext(depsOf(storage, tmpdir(), { keys }), prefixes, testRuntime());
    const { collection } = await readTarget(storage, prefixes, context.runtime.signal);
    for (const set of [collection.chains[0]!.full, ...collection.chains[0]!.incrementals]) {
      await using archive = await openMetadata("absent", set.signatures, context, 1 << 20);
      const plain = await collectBytes(archive!.bytes(), 1 << 24);
      writeFileSync(join(archiveDir, signaturesName(set.id, "gzip")), gzipSync(plain));
    }
    const listed = await all(list({ prefixes }, depsOf(storage, tmpdir(), { keys: wrongKeys, archiveDir }), testRuntime()));
    const state = loadExpectation(join(FIXTURES, "chains", "pubkey-old", "expect", "3.json"));
    expect(listed.map(seen)).toEqual(state.filter(({ type }) => type !== "socket").map(expected));
  });

  it("is not listed without it, and the error says which set, why and what to do", async () => {
    const deps = depsOf(storage, tmpdir(), { keys: wrongKeys, archiveDir: "/nowhere" });
    await expect(all(list({ prefixes }, deps, testRuntime()))).rejects.toMatchObject({
      code: "openpgp.no-secret-key",
      message: expect.stringMatching(/signatures.*20230301T120000Z.*archive directory of the machine that made it.*\/nowhere/),
    });
  });
});

function seen({ path, type, mode, uid, gid, mtime, linkTarget, device }: ListedEntry) {
  return { path, type, ...attributes({ type, mode, uid, gid, mtime }), target: linkTarget, device };
}

function expected({ path, type, mode, uid, gid, mtime, target, device }: TreeEntry) {
  return { path, type, ...attributes({ type, mode, uid, gid, mtime: Math.max(0, mtime) }), target, device };
}

/** An expectation does not tell the mode and time of a symlink: nothing restores them. */
function attributes({ type, mode, uid, gid, mtime }: Pick<TreeEntry, "type" | "mode" | "uid" | "gid" | "mtime">) {
  return type === "symlink" ? { uid, gid } : { mode, uid, gid, mtime };
}

function same(a: TreeEntry, b: TreeEntry): boolean {
  return JSON.stringify(expected(a)) === JSON.stringify(expected(b));
}

function byPath(state: readonly TreeEntry[]): Map<TreeEntry["path"], TreeEntry> {
  return new Map(state.map((entry) => [entry.path, entry]));
}
