import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BytePath, type ByteStream, pathFromText } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import { type SecretKeys, secretKeysFromPassphrase } from "@doppel/openpgp";
import type { ByteRange } from "@doppel/storage";
import { compareTrees, isRoot, MemoryStorage, openTempDir, scanTree } from "@doppel/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bench } from "../backup/test-support.ts";
import { find } from "../find.ts";
import type { Envelope } from "../job.ts";
import { list } from "../list.ts";
import { restore } from "../restore.ts";
import type { ListedEntry } from "./entries.ts";
import { all, depsOf, testRuntime } from "./test-support.ts";

const passphrase = "with index";
const ENVELOPES: readonly Envelope[] = [
  { kind: "plain" },
  { kind: "gzip" },
  { kind: "gpg", recipients: [], passphrase, compress: true },
];
/** One name is not UTF-8. */
const NAMES = ["a", "a/b", "a/b/c", "a-b", "a.b", "b", "b/\xe9", "b/\xe9/x", "b/\n", "z"].map((name) => name as BytePath);
const edit = fc.record({
  path: fc.constantFrom(...NAMES),
  to: fc.constantFrom("file", "file", "dir", "link", "nothing"),
  size: fc.constantFrom(0, 1, 700, 5000, 90_000),
  seed: fc.nat(255),
});
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;
const histories = fc.array(fc.record({ full: fc.boolean(), edits: fc.array(edit, { maxLength: 6 }) }), {
  minLength: 1,
  maxLength: 4,
});

type Specs = Parameters<Bench["become"]>[0];

/** The state after some edits, as `become` takes it: a directory above everything. */
function specsAfter(edits: readonly Edit[]): Specs {
  const nodes = new Map<BytePath, Edit>();
  for (const made of edits) {
    for (const known of nodes.keys()) if (known === made.path || known.startsWith(`${made.path}/`)) nodes.delete(known);
    if (made.to === "nothing") continue;
    const names = made.path.split("/");
    for (let n = 1; n < names.length; n++) {
      const parent = names.slice(0, n).join("/") as BytePath;
      if (nodes.get(parent)?.to !== "dir") nodes.set(parent, { ...made, path: parent, to: "dir" });
    }
    nodes.set(made.path, made);
  }
  const paths = [...nodes.keys()].sort((a, b) => a.split("/").length - b.split("/").length);
  return paths.map((path) => {
    const { to, size, seed } = nodes.get(path)!;
    const mtime = 1_500_000_000 + seed;
    if (to === "dir") return { path, type: "dir", mtime };
    if (to === "link") return { path, type: "symlink", target: pathFromText(`to ${seed}`) };
    return { path, type: "file", content: Buffer.alloc(size, `${seed}.`), mtime };
  }) as Specs;
}

class Counting extends MemoryStorage {
  bytes = 0;
  readonly names: string[] = [];
  override async *get(name: string, range?: ByteRange, signal?: AbortSignal): ByteStream {
    this.names.push(name);
    for await (const chunk of super.get(name, range, signal)) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

function counted(): { readonly keys: SecretKeys; asked: number } {
  const inner = secretKeysFromPassphrase(async () => passphrase);
  const counter = {
    asked: 0,
    keys: {
      sessionKey: (...given: Parameters<SecretKeys["sessionKey"]>) => {
        counter.asked++;
        return inner.sessionKey(...given);
      },
      close: () => inner.close(),
    },
  };
  return counter;
}

const JOB = {
  prefixes: NO_PREFIXES,
  keepGoing: false,
  threads: 2,
  force: true,
  dryRun: false,
  renames: [],
  numericOwner: true,
  restoreOwner: isRoot,
  verbose: false,
} as const;

describe("with an index", () => {
  it("list, find and restoring a path tell and give the same as without, and list knows sizes exactly", async () => {
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.constantFrom(...ENVELOPES),
        fc.constantFrom(...NAMES, undefined),
        async (steps, envelope, path) => {
          using bench = new Bench();
          using out = openTempDir("/tmp");
          const times: Date[] = [];
          let edits: Edit[] = [];
          for (const step of steps) {
            edits = [...edits, ...step.edits];
            bench.become(specsAfter(edits));
            const { report } = await bench.backup({ kind: step.full ? "full" : "auto" }, { envelope });
            times.push(report!.set.id.end);
          }
          const deps = depsOf(bench.target, out.path, { keys: secretKeysFromPassphrase(async () => passphrase) });
          const notices = () => runtime.events.filter(({ type }) => type === "notice");
          const runtime = testRuntime();
          for (const time of times) {
            const job = { time, prefixes: NO_PREFIXES, ...(path !== undefined && { path }) };
            const [by, without] = [true, false].map((useIndex) =>
              all(list({ ...job, useIndex }, deps, runtime)).catch((error: { code: string }) => error.code),
            );
            const [listed, expected] = [await by!, await without!];
            if (typeof listed === "string" || typeof expected === "string") {
              expect(listed).toBe(expected);
              continue;
            }
            expect(listed.map(sizeless)).toEqual(expected.map(sizeless));
            for (const [n, { size, type, sizeRange }] of listed.entries()) {
              if (type !== "file") continue;
              expect(sizeRange).toEqual({ min: size, max: size });
              const known = expected[n]!.sizeRange!;
              expect(known.min <= size && size <= known.max).toBe(true);
            }
            const trees = [true, false].map(async (useIndex) => {
              const target = join(out.path, String(useIndex));
              await restore(
                { ...JOB, target: pathFromText(target), time, useIndex, ...(path !== undefined && { path }) },
                deps,
                runtime,
              );
            });
            for (const tree of trees) await tree;
            const seen = scanTree(out.path).filter((entry) => entry.path !== "");
            const [here, there] = ["true", "false"].map((top) =>
              seen
                .filter((entry) => entry.path === top || entry.path.startsWith(`${top}/`))
                .map((entry) => ({ ...entry, path: entry.path.slice(top.length) as BytePath })),
            );
            expect(compareTrees(there!, here!, { ignoreOwner: !isRoot })).toEqual([]);
            for (const name of readdirSync(out.path)) rmSync(join(out.path, name), { recursive: true });
          }
          for (const pattern of [path ?? ("**b" as BytePath), "a*" as BytePath]) {
            const [by, without] = [true, false].map((useIndex) =>
              all(find({ pattern, prefixes: NO_PREFIXES, useIndex }, deps, runtime)),
            );
            const versions = (rows: Awaited<NonNullable<typeof by>>) =>
              rows.map(({ sizeRange, ...row }) => ({ ...row, sized: sizeRange !== undefined }));
            expect(versions(await by!)).toEqual(versions(await without!));
          }
          expect(notices()).toEqual([]);
        },
      ),
      { numRuns: 8 },
    );
  });

  const envelope: Envelope = { kind: "gpg", recipients: [], passphrase, compress: true };

  async function restored(bench: Bench, out: string, path?: string) {
    const storage = new Counting();
    for (const [name, bytes] of bench.target.objects) storage.objects.set(name, bytes);
    const counter = counted();
    const deps = depsOf(storage, out, { keys: counter.keys });
    const target = pathFromText(join(out, "restored"));
    await restore({ ...JOB, target, useIndex: true, ...(path && { path: pathFromText(path) }) }, deps, testRuntime());
    return { asked: counter.asked, bytes: storage.bytes, names: storage.names };
  }

  it("one small file of 20,000 costs less than a megabyte and one private-key operation, a list one too", async () => {
    using bench = new Bench();
    using out = openTempDir("/tmp");
    for (let dir = 0; dir < 200; dir++) {
      mkdirSync(join(bench.source, `dir ${dir}`));
      for (let n = 0; n < 100; n++) writeFileSync(join(bench.source, `dir ${dir}`, `file ${n}`), `${dir} ${n}`);
    }
    await bench.backup({ volumeBytes: 1 << 24 }, { envelope });
    const { asked, bytes, names } = await restored(bench, out.path, "dir 77/file 50");
    expect(asked).toBe(1);
    expect(bytes).toBeLessThan(1_000_000);
    expect(names.filter((name) => /manifest|sigtar/.test(name))).toEqual([]);
    // Beginning, end and a block of the index; part of a volume.
    expect(names.length).toBeLessThanOrEqual(4);
    const counter = counted();
    const deps = depsOf(bench.target, out.path, { keys: counter.keys });
    expect(await all(list({ prefixes: NO_PREFIXES, path: pathFromText("dir 9") }, deps, testRuntime()))).toHaveLength(101);
    expect(counter.asked).toBe(1);
  });

  it.each(ENVELOPES.slice(0, 2))(
    "a list of a set whose index is damaged anywhere ($kind) is read from the signatures",
    async (open) => {
      using bench = new Bench();
      using out = openTempDir("/tmp");
      for (let n = 0; n < 1500; n++) writeFileSync(join(bench.source, `file ${n}`), String(n));
      const { report } = await bench.backup({}, { envelope: open });
      const name = report!.set.index!;
      const deps = depsOf(bench.target, out.path);
      const expected = await all(list({ prefixes: NO_PREFIXES, useIndex: false }, deps, testRuntime()));
      const sound = bench.target.objects.get(name)!;
      for (const part of [0.2, 0.5, 0.9, 0.98]) {
        const damaged = Uint8Array.from(sound);
        damaged[Math.floor(part * damaged.length)]! ^= 0x10;
        bench.target.objects.set(name, damaged);
        const runtime = testRuntime();
        const listed = await all(list({ prefixes: NO_PREFIXES }, deps, runtime));
        expect(listed.map(sizeless)).toEqual(expected.map(sizeless));
        expect(runtime.events.filter(({ type }) => type === "notice")).toMatchObject([{ reason: "metadata" }]);
      }
    },
  );

  it("restoring everything takes one private-key operation a set", async () => {
    using bench = new Bench();
    using out = openTempDir("/tmp");
    for (const round of [1, 2]) {
      writeFileSync(join(bench.source, `large ${round}`), randomBytes(400_000));
      await bench.backup({ volumeBytes: 1 << 17 }, { envelope });
    }
    const { asked, names } = await restored(bench, out.path);
    expect(names.filter((name) => name.includes("difftar")).length).toBeGreaterThan(4);
    expect(asked).toBe(2);
  });
});

function sizeless(entry: ListedEntry): unknown {
  return { ...entry, size: undefined, sizeRange: undefined };
}
