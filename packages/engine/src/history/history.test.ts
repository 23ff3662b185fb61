import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { isDoppelError, pathFromText } from "@doppel/base";
import { manifestName, signaturesName } from "@doppel/format";
import { loadRsync } from "@doppel/rsync";
import { FaultyStorage, MemoryStorage, tempDir } from "@doppel/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { changesInSet, fileChanged } from "../changes.ts";
import { diff } from "../diff.ts";
import { find } from "../find.ts";
import { list } from "../list.ts";
import { all, depsOf, dir, file, hour, link, ModelWriter, prefixes, testRuntime, tree } from "./test-support.ts";

const rsync = await loadRsync();
let storage: MemoryStorage;
let writer: ModelWriter;
beforeEach(() => {
  storage = new MemoryStorage();
  writer = new ModelWriter(storage, rsync);
});

/** full at hour 0, incs at 1 and 2, a new full at 3. */
function chains(): void {
  const d = dir("d");
  writer.write("full", hour(0), tree(file("a", "one"), d, file("d/x", "x"), file("gone", "g"), link("l", "a")));
  writer.write("inc", hour(1), tree(file("a", "two"), d, file("d/x", "x", { mode: 0o600 }), link("l", "d"), file("n", "")));
  writer.write("inc", hour(2), tree(file("a", "two"), file("d", "now a file"), link("l", "d"), file("n", "")));
  writer.write("full", hour(3), tree(file("a", "two"), file("d", "now a file"), file("n", "not empty")));
}

const deps = () => depsOf(storage, tempDir());
const paths = (rows: readonly { readonly path: string }[]) => rows.map(({ path }) => path);
const listAt = (n: number, path?: string) =>
  all(list({ time: hour(n), prefixes, ...(path === undefined ? {} : { path: pathFromText(path) }) }, deps(), testRuntime()));

describe("list", () => {
  it("gives each state: the newest archive wins, what is deleted is absent", async () => {
    chains();
    expect(paths(await listAt(0))).toEqual(["", "a", "d", "d/x", "gone", "l"]);
    expect(paths(await listAt(1))).toEqual(["", "a", "d", "d/x", "l", "n"]);
    expect(paths(await listAt(2))).toEqual(["", "a", "d", "l", "n"]);
    expect((await listAt(2)).find(({ path }) => path === "d")?.type).toBe("file");
    expect((await listAt(1)).find(({ path }) => path === "d/x")?.mode).toBe(0o600);
    expect((await listAt(1)).find(({ path }) => path === "l")?.linkTarget).toBe("d");
  });

  it("bounds sizes by blocks, exactly for empty files", async () => {
    const sizes = [0, 1, 512, 513, 1_100_000, 2_100_000];
    writer.write("full", hour(0), tree(...sizes.map((size, i) => file(`f${i}`, new Uint8Array(size)))));
    const files = (await listAt(0)).filter(({ type }) => type === "file");
    for (const [i, { sizeRange, size }] of files.entries()) {
      expect(size).toBe(0);
      expect(sizeRange!.min).toBeLessThanOrEqual(sizes[i]!);
      expect(sizeRange!.max).toBeGreaterThanOrEqual(sizes[i]!);
      expect(sizeRange!.max - sizeRange!.min).toBeLessThan(1024);
    }
    expect(files[0]!.sizeRange).toEqual({ min: 0, max: 0 });
  });

  it("lists one path and what is below it, and says when there is nothing", async () => {
    chains();
    expect(paths(await listAt(1, "d"))).toEqual(["d", "d/x"]);
    expect(paths(await listAt(1, "d/x"))).toEqual(["d/x"]);
    await expect(listAt(2, "d/x")).rejects.toMatchObject({
      code: "restore.path-not-found",
      message: expect.stringContaining("d/x"),
    });
  });

  it("tells which state it lists, also when it is later than asked for", async () => {
    chains();
    const runtime = testRuntime();
    await all(list({ time: hour(-5), prefixes }, deps(), runtime));
    expect(runtime.events).toContainEqual({ type: "set.opened", kind: "full", time: hour(0) });
  });

  it("names a set whose signatures are lost, and what still works", async () => {
    chains();
    const lost = signaturesName(writer.sets[1]!.id, "gzip");
    storage.objects.delete(lost);
    await expect(listAt(2)).rejects.toMatchObject({
      code: "storage.not-found",
      data: { name: lost.replace(/\.gz$/, "") }, // what is left of the set is plain
      message: expect.stringMatching(/20231114T231320Z.*states up to 20231114T221320Z can still be listed/),
    });
    expect(paths(await listAt(0))).toContain("gone");
  });

  it("reads the archive directory's copy, and says what to do when that is damaged", async () => {
    chains();
    const archiveDir = tempDir();
    const name = signaturesName(writer.sets[1]!.id, "gzip");
    writeFileSync(`${archiveDir}/${name}`, storage.objects.get(name)!);
    storage.objects.delete(name);
    const withCopy = depsOf(storage, tempDir(), { archiveDir });
    expect(await all(list({ time: hour(2), prefixes }, withCopy, testRuntime()))).toHaveLength(5);
    writeFileSync(`${archiveDir}/${name}`, readFileSync(`${archiveDir}/${name}`).subarray(0, 30));
    await expect(all(list({ time: hour(2), prefixes }, withCopy, testRuntime()))).rejects.toMatchObject({
      code: "volume.damaged",
      message: expect.stringMatching(/local copy .* delete it/),
    });
  });

  it("refuses an archive that is no tar, or out of order, by its name", async () => {
    chains();
    const name = signaturesName(writer.sets[0]!.id, "gzip");
    storage.objects.set(name, gzipSync(Buffer.alloc(700, "x")));
    await expect(listAt(0)).rejects.toMatchObject({ code: "format.bad-tar", message: expect.stringContaining(name) });
  });

  it("lists a long chain", async () => {
    const names = Array.from({ length: 80 }, (_, i) => `f${i}`);
    for (let n = 0; n < 80; n++) {
      writer.write(
        n === 0 ? "full" : "inc",
        hour(n),
        tree(...names.map((name, i) => file(name, i <= n ? "new" : "old", { mtime: Math.min(i, n) }))),
      );
    }
    const listed = await listAt(60);
    expect(listed.slice(1).map(({ path, mtime }) => `${path} ${mtime}`)).toEqual(
      names.map((name, i) => `${name} ${Math.min(i, 60)}`).sort(),
    );
  });

  it("stops at an abort", async () => {
    chains();
    const abort = new AbortController();
    const rows = list({ time: hour(1), prefixes }, deps(), testRuntime(abort.signal));
    abort.abort(new Error("enough"));
    await expect(rows.next()).rejects.toThrow("enough");
  });

  it("leaves nothing open when a fetch fails, or the reader stops early", async () => {
    const archiveDir = tempDir();
    for (let n = 0; n < 12; n++) {
      writer.write(n === 0 ? "full" : "inc", hour(n), tree(file("a", String(n)), file("b", "b")));
      const name = signaturesName(writer.sets[n]!.id, "gzip");
      if (n % 2 === 0) writeFileSync(`${archiveDir}/${name}`, storage.objects.get(name)!);
    }
    for (let at = 1; ; at++) {
      const faulty = new FaultyStorage(storage, [{ at, operation: "get", how: "cut", after: 20 }]);
      const rows = list({ prefixes }, depsOf(faulty, tempDir(), { archiveDir }), testRuntime());
      const outcome = await rows.next().then(
        () => rows.return(undefined),
        (error: unknown) => error,
      );
      if (!faulty.exhausted) break;
      expect(outcome).toMatchObject({ code: "storage.unavailable" });
      expect(at).toBeLessThanOrEqual(6);
    }
    const open = () =>
      readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(archiveDir);
        } catch {
          return false; // the one that lists them
        }
      });
    await expect.poll(open).toEqual([]);
  });
});

describe("find", () => {
  const findAll = async (pattern: string, runtime = testRuntime()) =>
    (await all(find({ pattern: pathFromText(pattern), prefixes }, deps(), runtime))).map(
      ({ path, set, what, until, type }) => `${path} ${what} ${type ?? "-"} ${hours(set.end)}${until ? `..${hours(until)}` : ""}`,
    );
  const hours = (time: Date) => (time.getTime() - hour(0).getTime()) / 3_600_000;

  it("tells where each version begins, and the newest backup that has it", async () => {
    chains();
    expect(await findAll("a")).toEqual(["a new file 0..0", "a changed file 1..2", "a new file 3..3"]);
    expect(await findAll("gone")).toEqual(["gone new file 0..0", "gone deleted - 1"]);
    expect(await findAll("d")).toEqual([
      "d new dir 0..1",
      "d changed file 2..2",
      "d/x new file 0..0",
      "d/x changed file 1..1",
      "d/x deleted - 2",
      "d new file 3..3",
    ]);
    expect(await findAll("nothing")).toEqual([]);
  });

  it("takes patterns from the root of the backup", async () => {
    chains();
    const inFull = async (pattern: string) => (await findAll(pattern)).filter((row) => row.includes("..0"));
    expect(await inFull("**x")).toEqual(["d/x new file 0..0"]);
    expect(await inFull("**/x")).toEqual(["d/x new file 0..0"]);
    expect(await inFull("/d/?")).toEqual(["d/x new file 0..0"]);
    expect(await inFull("g*")).toEqual(["gone new file 0..0"]);
    expect(await inFull("ignorecase:GO*")).toEqual(["gone new file 0..0"]);
    expect(await inFull("./gone")).toEqual(["gone new file 0..0"]);
    expect(await findAll("*")).toHaveLength((await findAll(".")).length - 2); // all but the two roots
    expect(isDoppelError(await findAll("[z-a]").catch((error: unknown) => error), "rules.malformed")).toBe(true);
  });

  it("finds a name with a bracket or star as it is", async () => {
    writer.write("full", hour(0), tree(file("a[1]", "x"), file("a1", "y")));
    expect(await findAll("a[1]")).toEqual(["a1 new file 0..0", "a[1] new file 0..0"]);
  });

  it("goes on with the manifest where signatures are lost, and says so", async () => {
    chains();
    storage.objects.delete(signaturesName(writer.sets[1]!.id, "gzip"));
    const runtime = testRuntime();
    expect(await findAll("a", runtime)).toEqual(["a new file 0..0", "a changed file 1..2", "a new file 3..3"]);
    expect(await findAll("gone")).toEqual(["gone new file 0..0", "gone deleted - 1"]);
    expect(runtime.events).toContainEqual(expect.objectContaining({ type: "notice", reason: "metadata", incomplete: true }));
  });

  it("passes over a chain with two files for one thing", async () => {
    chains();
    storage.objects.set(`${manifestName(writer.sets[0]!.id, "plain")}.gpg`, new Uint8Array(1));
    const runtime = testRuntime();
    expect(await findAll("a", runtime)).toEqual(["a new file 3..3"]);
    expect(runtime.events.filter(({ type }) => type === "notice")).toHaveLength(1);
  });
});

describe("diff", () => {
  const diffAll = async (from: number, to: number, path?: string) =>
    (
      await all(
        diff(
          { from: hour(from), to: hour(to), prefixes, ...(path === undefined ? {} : { path: pathFromText(path) }) },
          deps(),
          testRuntime(),
        ),
      )
    ).map(({ path: at, what, uncertain }) => `${what} ${at}${uncertain ? "?" : ""}`);

  it("compares states of one chain and of two, in both directions", async () => {
    chains();
    expect(await diffAll(0, 1)).toEqual(["changed a", "attributes d/x", "removed gone", "changed l", "added n"]);
    expect(await diffAll(1, 0)).toEqual(["changed a", "attributes d/x", "added gone", "changed l", "removed n"]);
    expect(await diffAll(1, 2)).toEqual(["type d", "removed d/x"]);
    expect(await diffAll(2, 3)).toEqual(["removed l", "changed n"]);
    expect(await diffAll(3, 2)).toEqual(["added l", "changed n"]);
    expect(await diffAll(1, 1)).toEqual([]);
    expect(await diffAll(1, 2, "d/x")).toEqual(["removed d/x"]);
  });

  it("says when a path is in neither state, and not when it is the same in both", async () => {
    chains();
    expect(await diffAll(1, 1, "d/x")).toEqual([]);
    expect(await diffAll(0, 1, "d")).toEqual(["attributes d/x"]);
    for (const [from, to, path] of [
      [0, 1, "nope"],
      [1, 1, "nope"],
      [2, 3, "d/x"],
    ] as const)
      await expect(diffAll(from, to, path)).rejects.toMatchObject({ code: "restore.path-not-found" });
  });

  it("does not take another block length for another content", async () => {
    const same = new Uint8Array(300_000);
    writer.write("full", hour(0), tree(file("same", same), file("shorter", same), file("touched", same)));
    const now = tree(file("same", same), file("shorter", same.subarray(0, 200_000)), file("touched", same, { mtime: 5 }));
    writer.write("full", hour(1), now, { blockLength: 1024 });
    expect(await diffAll(0, 1)).toEqual(["changed shorter", "changed touched?"]);
  });
});

describe("changes", () => {
  const changesOf = async (index: number) => {
    const report = await changesInSet({ index, prefixes }, deps(), testRuntime());
    const rows = await all(report.changes());
    expect(await all(report.changes())).toEqual(rows); // and again
    return [report.set.end, ...rows.map(({ kind, path }) => `${kind} ${path}`)];
  };
  const write = (filelist: boolean) => {
    writer.write("full", hour(0), tree(file("a", "1"), dir("d"), file("d/b", "1"), link("l", "a")), { filelist });
    writer.write("inc", hour(1), tree(file("a", "2"), dir("d"), file("d/b", "1"), file("l", "")), { filelist });
    writer.write("inc", hour(2), tree(file("a", "2"), dir("n")), { filelist });
    writer.write("inc", hour(3), tree(file("a", "2"), dir("n")), { filelist });
  };

  it.each([true, false])("are those of the newest chain, 0 being the newest set (list in the manifest: %s)", async (filelist) => {
    write(filelist);
    expect(await changesOf(3)).toEqual([hour(0), "new a", "new d/b"]);
    expect(await changesOf(2)).toEqual([hour(1), "changed a", "new l"]);
    expect(await changesOf(1)).toEqual([hour(2), "deleted d/b", "deleted l"]);
    expect(await changesOf(0)).toEqual([hour(3)]);
    await expect(changesOf(4)).rejects.toMatchObject({ code: "collection.no-such-time" });
    await expect(changesOf(-1)).rejects.toMatchObject({ code: "collection.no-such-time" });
  });

  it.each([true, false])("of one file (list in the manifest: %s)", async (filelist) => {
    write(filelist);
    const of = async (path: string) =>
      (await fileChanged({ path: pathFromText(path), prefixes }, deps(), testRuntime())).map(({ set, kind }) => [set.end, kind]);
    expect(await of("a")).toEqual([
      [hour(0), "new"],
      [hour(1), "changed"],
    ]);
    expect(await of("d/b")).toEqual([
      [hour(0), "new"],
      [hour(2), "deleted"],
    ]);
    expect(await of("d")).toEqual([]);
    expect(await of("nothing")).toEqual([]);
  });

  it("needs no signatures when manifests tell", async () => {
    write(true);
    for (const { id } of writer.sets.slice(0, 3)) storage.objects.delete(signaturesName(id, "gzip"));
    expect(await changesOf(2)).toEqual([hour(1), "changed a", "new l"]);
  });
});
