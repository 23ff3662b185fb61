import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BytePath, collectBytes, isDoppelError, payloadOf, type RunEvent } from "@doppel/base";
import { type Encoding, formatManifest, formatTime, manifestName, NO_PREFIXES, signaturesName, volumeName } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { FaultyStorage, MemoryStorage, randomContent, tempDir } from "@doppel/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replicate, type ReplicateJob, type ReplicateReport } from "./replicate.ts";
import { checkedCopy } from "./replicate/copy.ts";
import { day, full, inc, type MadeSet } from "./retention/test-support.ts";

const SETS = [full(0, { volumes: 3 }), inc(0, 1), full(5, { volumes: 2 }), inc(1, 7, { lacks: "signatures" })];

/** Sets with contents that their manifests describe; the manifests are readable where `encoding` is "gzip". */
function holding(sets: readonly MadeSet[] = SETS, encoding: Encoding = "gzip"): MemoryStorage {
  const storage = new MemoryStorage();
  for (const { id, volumes = 1, lacks } of sets) {
    const edge = { path: "a" as BytePath };
    const infos = Array.from({ length: volumes }, (_, index) => {
      const name = volumeName(id, index + 1, encoding);
      const bytes = randomContent(name, 20_000 + index);
      storage.objects.set(name, bytes);
      const hashes = new Map([["SHA1", createHash("sha1").update(bytes).digest("hex")]]);
      return { number: index + 1, start: edge, end: edge, hashes };
    });
    if (lacks !== "signatures") storage.objects.set(signaturesName(id, encoding), randomContent(formatTime(id.end), 5000));
    const text = formatManifest({ volumes: infos });
    const manifest = encoding === "gpg" ? randomContent(`manifest ${formatTime(id.end)}`, 300) : text;
    if (lacks !== "manifest") storage.objects.set(manifestName(id, encoding), manifest);
  }
  return storage;
}

const ALL = holding();

function run(from: Storage, to: Storage, job: Partial<ReplicateJob> = {}, archiveDir = "/nonexistent", events: RunEvent[] = []) {
  const runtime = {
    clock: { now: () => day(99), sleep: () => Promise.resolve() },
    random: { bytes: (n: number) => new Uint8Array(n) },
    emit: (event: RunEvent) => void events.push(event),
    signal: new AbortController().signal,
  };
  return replicate({ prefixes: NO_PREFIXES, ...job }, { from, to, archiveDir, tempDir: tempDir() }, runtime);
}

function outcomes({ sets }: ReplicateReport) {
  return sets.map(({ set, outcome, checked, errors }) => [set.id.end, outcome, checked, ...errors.map(({ code }) => code)]);
}

describe("replicate", () => {
  it("copies sets in order of time, each with its manifest last, and checks volumes against it", async () => {
    const [from, to] = [holding(), new MemoryStorage()];
    const logged = new FaultyStorage(to, []);
    const events: RunEvent[] = [];
    const report = await run(from, logged, {}, undefined, events);
    expect(outcomes(report)).toEqual([0, 1, 5, 7].map((at) => [day(at), "copied", "hash"]));
    expect(contents(to)).toEqual(contents(from));
    const puts = logged.log.filter((line) => line.startsWith("put")).map((line) => line.replace(/^put |[0-9TZ]{16}/g, ""));
    expect(puts.slice(0, 5)).toEqual([
      "duplicity-full..vol1.difftar.gz",
      "duplicity-full..vol2.difftar.gz",
      "duplicity-full..vol3.difftar.gz",
      "duplicity-full-signatures..sigtar.gz",
      "duplicity-full..manifest",
    ]);
    expect(report.sets.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
      [...from.objects.values()].reduce((sum, { length }) => sum + length, 0),
    );
    expect(events.filter(({ type }) => type === "volume.stored").length).toBe(7);
    const again = await run(from, new FaultyStorage(to, [{ at: 1, operation: "put", how: "fail" }]));
    expect(again.sets.map(({ outcome, objects }) => [outcome, objects])).toEqual(SETS.map(() => ["there", 0]));
  });

  it("copies only complete sets of chains, and whole chains from a time on", async () => {
    const to = new MemoryStorage();
    const more = [full(2, { lacks: "manifest" }), inc(20, 21)];
    expect(outcomes(await run(holding([...SETS.slice(0, 3), ...more]), to, { since: day(1) })).map(([time]) => time)).toEqual([
      day(0),
      day(1),
      day(5),
    ]);
    const late = new MemoryStorage();
    expect(outcomes(await run(holding(SETS.slice(0, 3)), late, { since: day(2) })).map(([time]) => time)).toEqual([day(5)]);
    expect(late.objects.size).toBe(4);
  });

  it("goes on where it stopped, and at no moment has a manifest without its volumes at the target", async () => {
    const from = holding();
    for (const how of ["fail", "cut"] as const)
      for (let at = 1; ; at++) {
        const to = new MemoryStorage();
        const [faultyFrom, faultyTo] = [
          new FaultyStorage(from, [{ at, how, after: 15_000 }]),
          new FaultyStorage(to, [{ at, how, after: 15_000 }]),
        ];
        const failed = await Promise.allSettled([
          run(from, faultyTo).then(() => expectSound(to)),
          run(faultyFrom, new MemoryStorage()),
        ]);
        expectSound(to);
        await run(from, to);
        expect(contents(to)).toEqual(contents(from));
        if (faultyTo.exhausted) expect(failed[0]!.status).toBe("rejected");
        else break;
      }
  });

  it("never replaces: another object of that name stops it before anything is copied", async () => {
    const [from, to] = [holding(), new MemoryStorage()];
    const name = manifestName(SETS[2]!.id, "gzip");
    to.objects.set(name, new Uint8Array(3));
    await expect(run(from, to)).rejects.toSatisfy((error) => isDoppelError(error, "storage.exists") && error.data.name === name);
    expect([...to.objects]).toEqual([[name, new Uint8Array(3)]]);
  });

  it("refuses to mix a set with one of the same time under other names", async () => {
    const to = holding([SETS[2]!], "gpg");
    const before = to.objects.size;
    await expect(run(holding(), to)).rejects.toSatisfy((error) => isDoppelError(error, "collection.inconsistent"));
    expect(to.objects.size).toBe(before);
  });

  it("reports damaged and missing volumes, copies neither their set's manifest nor what depends on it, but all else", async () => {
    const from = holding();
    const [second, third] = [2, 3].map((number) => volumeName(SETS[0]!.id, number, "gzip"));
    from.objects.get(second!)![19_999]! ^= 1;
    const to = new MemoryStorage();
    const report = await run(from, to);
    expect(outcomes(report)).toEqual([
      [day(0), "failed", "hash", "volume.hash-mismatch"],
      [day(1), "blocked", "size"],
      [day(5), "copied", "hash"],
      [day(7), "blocked", "size"],
    ]);
    expect(report.sets[0]!.errors[0]!.message).toContain(second);
    expect([to.objects.has(second!), to.objects.has(third!), to.objects.has(manifestName(SETS[0]!.id, "gzip"))]).toEqual([
      false,
      true,
      false,
    ]);

    from.objects.get(second!)![19_999]! ^= 1;
    from.objects.delete(third!);
    expect(outcomes(await run(from, new MemoryStorage()))[0]).toEqual([day(0), "failed", "size", "volume.missing"]);
    const repaired = await run(holding(), to);
    expect(repaired.sets.map(({ outcome, objects }) => [outcome, objects])).toEqual([
      ["copied", 3],
      ["copied", 3],
      ["there", 0],
      ["copied", 2],
    ]);
  });

  it("without a key compares sizes, and says so; plain manifests of the archive directory are enough", async () => {
    const from = holding(SETS, "gpg");
    expect(outcomes(await run(from, new MemoryStorage()))).toEqual([0, 1, 5, 7].map((at) => [day(at), "copied", "size"]));
    const archiveDir = join(tempDir(), "archive");
    mkdirSync(archiveDir);
    const plain = new FaultyStorage(holding(SETS, "gzip"), []);
    const manifest = manifestName(SETS[0]!.id, "plain");
    writeFileSync(join(archiveDir, manifest), await collectBytes(plain.get(manifest), 1 << 20));
    // These volumes are not the ones that this manifest describes: their names, and so their contents, differ.
    expect(outcomes(await run(from, new MemoryStorage(), {}, archiveDir))[0]).toEqual([
      day(0),
      "failed",
      "hash",
      ...Array(3).fill("volume.hash-mismatch"),
    ]);
    from.objects.delete(volumeName(SETS[0]!.id, 2, "gpg"));
    expect(outcomes(await run(from, new MemoryStorage()))[0]).toEqual([day(0), "failed", "size", "volume.missing"]);
  });

  it.each([
    ["gzip", "volume.hash-mismatch"],
    ["gpg", "volume.damaged"],
  ] as const)(
    "on request reads what is there already, %s: any changed object is named, and nothing replaced",
    async (encoding, code) => {
      const from = holding(SETS, encoding);
      const to = new MemoryStorage();
      await run(from, to);
      expect(outcomes(await run(from, to, { verify: true }))).toEqual(
        [0, 1, 5, 7].map((at) => [day(at), "there", encoding === "gzip" ? "hash" : "bytes"]),
      );
      for (const name of to.objects.keys()) {
        to.objects.set(
          name,
          to.objects.get(name)!.map((byte, at) => (at === 99 ? byte ^ 1 : byte)),
        );
        const before = contents(to);
        expect((await run(from, to)).sets.every(({ outcome }) => outcome === "there")).toBe(true);
        const { sets } = await run(from, to, { verify: true });
        const wrong = sets.flatMap(({ errors }) => errors);
        expect(wrong.map((error) => [error.code, (error.data as { name: string }).name])).toEqual([
          [name.includes("vol") ? code : "volume.damaged", name],
        ]);
        expect(sets.filter(({ outcome }) => outcome !== "there").map(({ outcome }) => outcome)).toEqual(["failed"]);
        expect(contents(to)).toEqual(before);
        to.objects.set(name, from.objects.get(name)!);
      }
    },
  );

  it("on request completes no set over an object that is not the source's", async () => {
    const [from, to] = [holding(), new MemoryStorage()];
    await run(from, to);
    const [volume, manifest] = [volumeName(SETS[2]!.id, 1, "gzip"), manifestName(SETS[2]!.id, "gzip")];
    to.objects.set(volume, to.objects.get(volume)!.toReversed());
    to.objects.delete(manifest);
    expect(outcomes(await run(from, to, { verify: true }))[2]).toEqual([day(5), "failed", "hash", "volume.hash-mismatch"]);
    expect(to.objects.has(manifest)).toBe(false);
  });

  it("refuses a set with two names for one thing, and copies the others", async () => {
    const from = holding();
    from.objects.set(manifestName(SETS[2]!.id, "gpg"), new Uint8Array(9));
    expect(outcomes(await run(from, new MemoryStorage())).map(([, outcome]) => outcome)).toEqual([
      "copied",
      "copied",
      "failed",
      "copied",
    ]);
  });
});

describe("checkedCopy", () => {
  it("never lets the last byte of a damaged object out, whatever the chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.constantFrom("flip", "short", "long"),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1 }),
        async (bytes, where, how, cuts) => {
          const hashes = new Map([["SHA1", createHash("sha1").update(bytes).digest("hex")]]);
          const stored =
            how === "flip"
              ? bytes.map((byte, index) => (index === where % bytes.length ? byte ^ 1 : byte))
              : how === "short"
                ? bytes.slice(0, -1)
                : Uint8Array.of(...bytes, 0);
          const copy = async (content: Uint8Array) => {
            let out = 0;
            const source = { label: "source", get: () => chunked(content, cuts) } as unknown as Storage;
            const expected = { name: "v", size: bytes.length, hashes };
            const failed = await (async () => {
              for await (const chunk of checkedCopy(expected, source, new AbortController().signal).open()) out += chunk.length;
            })().then(
              () => false,
              () => true,
            );
            return { out, failed };
          };
          expect(await copy(bytes)).toEqual({ out: bytes.length, failed: false });
          const damaged = await copy(stored);
          expect(damaged.failed).toBe(true);
          expect(damaged.out).toBeLessThan(bytes.length);
        },
      ),
    );
  });

  it("can be opened again", async () => {
    const from = new MemoryStorage();
    await from.put("v", payloadOf(Uint8Array.of(1, 2, 3)));
    const payload = checkedCopy({ name: "v", size: 3 }, from, new AbortController().signal);
    for (let time = 0; time < 2; time++) expect([...(await collectBytes(payload.open(), 3))]).toEqual([1, 2, 3]);
  });
});

async function* chunked(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const length of cuts) {
    yield bytes.slice(at, at + length);
    at = Math.min(bytes.length, at + length);
  }
  yield bytes.slice(at);
  yield new Uint8Array(0);
}

/** Cheap to compare. */
function contents({ objects }: MemoryStorage): readonly string[] {
  return [...objects].map(([name, bytes]) => `${name} ${createHash("sha1").update(bytes).digest("hex")}`).sort();
}

/** Every manifest at the target has all that it had at the source. */
function expectSound(to: MemoryStorage): void {
  const [all, there] = [contents(ALL), new Set(contents(to))];
  for (const { id } of SETS) {
    if (!to.objects.has(manifestName(id, "gzip"))) continue;
    const own = all.filter(
      (line) => line.includes(`full.${formatTime(id.end)}.vol`) || line.includes(`.to.${formatTime(id.end)}.vol`),
    );
    expect(own.length).toBeGreaterThan(0);
    for (const line of own) expect(there.has(line)).toBe(true);
  }
}
