import { cpSync, mkdirSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import {
  asStored,
  compareTrees,
  describeInterop,
  isRoot,
  materialise,
  openTempDir,
  randomContent,
  run,
  type RunResult,
  scanTree,
  stockDuplicity,
  type TreeSpec,
} from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { cleanEnv, DOPPEL, done, doppel } from "../src/program.ts";

type Maker = "doppel" | "stock";

const file = (path: string, size: number, seed = path, mtime = 1_600_000_000): TreeSpec => ({
  path: pathFromText(path),
  type: "file",
  content: randomContent(seed, size),
  mtime,
});

/** Volumes of 1 MiB; big lies in several. */
const TREE: readonly TreeSpec[] = [
  file("a", 700_000),
  file("b/1", 600_000),
  file("b/2", 200_000),
  file("big", 3_000_000),
  file("c", 900_000),
  file("d", 300_000),
];
/** Everything is of more than a MiB again, so that an increment has volumes. */
const NEXT: readonly TreeSpec[] = [
  file("a", 700_000, "a2", 1_650_000_000),
  file("b/2", 500_000, "b2", 1_650_000_000),
  file("big", 3_000_000, "big2", 1_650_000_000),
  file("c", 900_000),
  file("n", 1_500_000),
];
const COMMON = ["--volsize", "1", "--name", "n"];

/** One source and target, and an archive directory that both programs use. */
class Place implements Disposable {
  readonly #dir = openTempDir("/tmp");
  readonly #stock = stockDuplicity();
  readonly #envelope: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly source = join(this.#dir.path, "source");
  readonly target = join(this.#dir.path, "target");

  constructor(envelope: readonly string[] = ["--no-encryption"], env: Readonly<Record<string, string>> = {}) {
    this.#envelope = envelope;
    this.#env = env;
    mkdirSync(this.source);
    materialise(TREE, this.source);
  }

  get archive(): string {
    return join(this.#stock.archiveDir, "n");
  }

  /** Names at the target, without their times. */
  get stored(): string[] {
    return readdirSync(this.target).map((name) => name.replaceAll(/\d{8}T\d{6}Z/g, "T"));
  }

  become(specs: readonly TreeSpec[]): void {
    rmSync(this.source, { recursive: true });
    mkdirSync(this.source);
    materialise(specs, this.source);
  }

  run(maker: Maker, args: readonly string[]): Promise<RunResult> {
    const all = [...args, ...this.#envelope, ...COMMON];
    if (maker === "stock") return this.#stock.run([...all, "--allow-source-mismatch"], this.#env);
    return doppel([...all, "--archive-dir", this.#stock.archiveDir], { env: this.#env });
  }

  backup(maker: Maker, kind: string, more: readonly string[] = []): Promise<RunResult> {
    return this.run(maker, [kind, ...more, this.source, `file://${this.target}`]);
  }

  async interrupted(maker: Maker, kind: string, volume: number): Promise<void> {
    const { code } = await this.backup(maker, kind, ["--fail-on-volume", `${volume}`]);
    expect(code).toBe(30);
  }

  /** Of doppel, by SIGKILL. */
  async killedAfter(seconds: string, kind: string): Promise<void> {
    const args = [
      kind,
      this.source,
      `file://${this.target}`,
      ...this.#envelope,
      ...COMMON,
      "--archive-dir",
      this.#stock.archiveDir,
    ];
    await run("timeout", ["-s", "KILL", seconds, process.execPath, DOPPEL, ...args], { env: cleanEnv(this.#env) });
  }

  async expectRestored(readers: readonly Maker[] = ["doppel", "stock"]): Promise<void> {
    for (const reader of readers) {
      const out = join(this.#dir.path, "out");
      await done(this.run(reader, ["restore", `file://${this.target}`, out]));
      expect(compareTrees(asStored(scanTree(this.source)), scanTree(out), { ignoreOwner: !isRoot }), reader).toEqual([]);
      rmSync(out, { recursive: true });
    }
  }

  expectTidy(): void {
    expect(readdirSync(this.archive).filter((name) => name.startsWith(".") || name.endsWith(".part"))).toEqual([]);
  }

  [Symbol.dispose](): void {
    this.#stock[Symbol.dispose]();
    this.#dir[Symbol.dispose]();
  }
}

const text = ({ stdout, stderr }: RunResult): string => `${stdout}${stderr}`;

describeInterop(["duplicity"], "a full backup of stock that was interrupted", () => {
  it.each([
    [1, false],
    [4, false],
    [3, true],
  ])("after volume %i (without its signatures: %s) is gone on with, and stock goes on from there", async (volume, without) => {
    using place = new Place();
    await place.interrupted("stock", "full", volume);
    const before = place.stored;
    if (without) rmSync(join(place.archive, readdirSync(place.archive).find((name) => name.endsWith(".sigtar.part"))!));
    await done(place.backup("doppel", "incremental"));
    expect(before.length).toBe(volume);
    expect(place.stored.filter((name) => name.includes("manifest"))).toEqual(["duplicity-full.T.manifest"]);
    place.expectTidy();
    await place.expectRestored();
    await done(place.run("stock", ["verify", "--compare-data", `file://${place.target}`, place.source]));
    place.become(NEXT);
    await done(place.backup(volume === 1 ? "doppel" : "stock", "incremental"));
    await place.expectRestored();
  });

  it("begins a new set when its file was cut in another state, or a volume was half stored", async () => {
    for (const spoil of [
      (place: Place) =>
        place.become([...TREE.filter(({ path }) => path !== "big"), file("big", 3_000_000, "other", 1_950_000_000)]),
      (place: Place) => truncateSync(join(place.target, readdirSync(place.target).find((name) => name.includes("vol3"))!), 1000),
    ]) {
      using place = new Place();
      await place.interrupted("stock", "full", 3);
      spoil(place);
      const result = await done(place.backup("doppel", "full"));
      expect(text(result)).toContain("is not gone on with");
      expect(place.stored.filter((name) => name.includes("vol1")).length).toBe(2);
      place.expectTidy();
      await place.expectRestored();
    }
  });

  it("finds out later what changed in between", async () => {
    using place = new Place();
    await place.interrupted("stock", "full", 1);
    place.become([file("a", 700_000, "changed", 1_650_000_000), ...TREE.slice(1)]);
    await done(place.backup("doppel", "full"));
    await done(place.backup("stock", "incremental"));
    await place.expectRestored();
  });
});

describeInterop(["duplicity"], "an increment of stock that was interrupted", () => {
  it("is gone on with outside of deltas", async () => {
    using place = new Place();
    await done(place.backup("doppel", "full"));
    place.become([...TREE, file("n", 2_500_000), file("o", 100)]);
    await place.interrupted("stock", "incremental", 1);
    await done(place.backup("doppel", "incremental"));
    expect(place.stored.filter((name) => /inc.*manifest/.test(name)).length).toBe(1);
    place.expectTidy();
    await place.expectRestored();
    await done(place.backup("stock", "incremental"));
    await place.expectRestored();
  });
});

describeInterop(["duplicity"], "a backup of doppel that was interrupted", () => {
  it.each([1, 2, 3, 4, 5, 6])("after volume %i can be left to stock", async (volume) => {
    using place = new Place();
    await place.interrupted("doppel", "full", volume);
    await done(place.backup("stock", "full"));
    await place.expectRestored();
    // What is left in the archive directory misleads nobody.
    place.become(NEXT);
    await done(place.backup("doppel", "incremental"));
    place.expectTidy();
    await place.expectRestored();
  });

  it.each([
    ["symmetric", [], { PASSPHRASE: "secret" }],
    ["plain", ["--no-encryption", "--no-compression"], {}],
  ] as const)("is gone on with, full and incremental: %s", async (_, envelope, env) => {
    using place = new Place(envelope, env);
    await place.interrupted("doppel", "full", 2);
    await place.interrupted("doppel", "full", 4);
    await done(place.backup("doppel", "full"));
    place.expectTidy();
    await place.expectRestored();
    place.become(NEXT);
    await place.interrupted("doppel", "incremental", 2);
    await done(place.backup("doppel", "full"));
    await place.expectRestored();
    place.become(TREE);
    await done(place.backup("stock", "incremental"));
    await place.expectRestored();
  });

  it("is not gone on with in another envelope, as in stock; cleanup removes it", async () => {
    using place = new Place(["--no-encryption"]);
    await place.interrupted("doppel", "full", 2);
    using other = new Place([], { PASSPHRASE: "x" });
    cpSync(place.target, other.target, { recursive: true });
    cpSync(place.archive, other.archive, { recursive: true });
    const refused = await other.run("doppel", ["full", place.source, `file://${other.target}`]);
    expect([refused.code, text(refused)]).toEqual([45, expect.stringContaining("cleanup --force")]);
    await done(other.run("doppel", ["cleanup", "--force", "--even-recent", `file://${other.target}`]));
    expect(other.stored).toEqual([]);
    await done(other.backup("doppel", "full"));
  });

  it("is killed at any moment, and is gone on with or begun anew", async () => {
    using place = new Place();
    // Wherever that hits: before anything, between volumes, or after all of it.
    for (const seconds of ["0.5", "0.7", "0.9"]) await place.killedAfter(seconds, "full");
    await done(place.backup("doppel", "full"));
    await place.expectRestored();
  });
});

describe("skipping", () => {
  it("notices a volume that did not arrive", async () => {
    using place = new Place();
    const result = await place.backup("doppel", "full", ["--skip-volume", "2"]);
    expect(result.code).toBe(44);
    expect(place.stored.filter((name) => name.includes("manifest"))).toEqual([]);
  });
});
