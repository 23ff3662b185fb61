import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, openTempDir, randomContent, run, stockDuplicity, type TempDir, textContent } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanEnv, done, doppel } from "../src/program.ts";

const MIB = 2 ** 20;
const PASSPHRASE = "pipeline of many threads";
const LEVELS = [0, 1, 6, 9];
const THREADS = [1, 2, 8];

/** Compressible and not, in one piece of compression and across many, one file larger than a volume. */
const FILES: readonly (readonly [string, () => Buffer])[] = [
  ["a-text", () => textContent("a", 3 * MIB + 17)],
  ["b-random", () => randomContent("b", MIB + 1)],
  [
    "c-larger-than-a-volume",
    () => Buffer.concat([randomContent("c", 2 * MIB), Buffer.alloc(MIB, "zeros "), textContent("c", MIB)]),
  ],
  ["d-empty", () => Buffer.alloc(0)],
  ["e-zeros", () => Buffer.alloc(2 * MIB)],
  ["f-last", () => Buffer.concat([textContent("f", 700_001), randomContent("f", 300_000)])],
];

describeInterop(["duplicity", "gpg", "tar", "gzip"], "the pipeline, at every level, with any number of threads", () => {
  let work: TempDir;
  let source: string;
  beforeAll(() => {
    work = openTempDir();
    source = join(work.path, "source");
    mkdirSync(source);
    for (const [name, content] of FILES) writeFileSync(join(source, name), content());
    mkdirSync(join(source, "g-small"));
    for (let i = 0; i < 300; i++) writeFileSync(join(source, "g-small", `${i}`), textContent(`${i}`, i * 13));
  });
  afterAll(() => work[Symbol.dispose]());

  async function full(name: string, options: readonly string[]): Promise<string> {
    const target = join(work.path, name);
    const archive = join(work.path, `${name}-archive`);
    const args = ["full", "--volsize", "1", "--archive-dir", archive, ...options, source, target];
    await done(doppel(args, { env: { PASSPHRASE } }));
    rmSync(archive, { recursive: true });
    return target;
  }

  /** Stock gives every byte back and, if `verify`, compares every file with the source. */
  async function stockReads(target: string, options: readonly string[], verify: boolean): Promise<void> {
    using duplicity = stockDuplicity();
    const env = { PASSPHRASE };
    const out = `${target}-out`;
    if (verify) await done(duplicity.run(["verify", "--compare-data", ...options, `file://${target}`, source], env));
    await done(duplicity.run(["restore", ...options, `file://${target}`, out], env));
    await done(run("diff", ["-r", source, out]));
    rmSync(out, { recursive: true });
  }

  const volumesOf = (target: string): string[] => readdirSync(target).filter((name) => name.includes(".difftar"));

  it.each(LEVELS)("gzip, level %i: the same objects for 1, 2 and 8 threads, and stock restores them", async (level) => {
    const made = [];
    for (const threads of THREADS) {
      const target = await full(`gzip-${level}-${threads}`, [
        "--no-encryption",
        "--compress-level",
        `${level}`,
        "--threads",
        `${threads}`,
      ]);
      made.push(hashesByKind(target));
      if (threads === THREADS.at(-1)) await stockReads(target, ["--no-encryption"], true);
      for (const volume of volumesOf(target)) await done(run("gzip", ["-t", join(target, volume)]));
      rmSync(target, { recursive: true });
    }
    expect([...made[0]!.keys()].filter((kind) => kind.includes("vol")).length).toBeGreaterThan(2);
    for (const other of made.slice(1)) expect(other).toEqual(made[0]);
  });

  it.each(LEVELS.flatMap((level) => THREADS.map((threads) => [level, threads] as const)))(
    "encrypted, level %i, %i threads: stock verifies and restores, gpg and tar do",
    async (level, threads) => {
      const target = await full(`gpg-${level}-${threads}`, ["--compress-level", `${level}`, "--threads", `${threads}`]);
      expect(volumesOf(target).length).toBeGreaterThan(2);
      await stockReads(target, [], threads === 2);
      const first = volumesOf(target).find((name) => name.includes(".vol1."))!;
      const out = join(work.path, "tar-out");
      mkdirSync(out);
      const home = join(work.path, "gnupg");
      mkdirSync(home, { mode: 0o700, recursive: true });
      const gpg = `gpg --batch --quiet --pinentry-mode loopback --passphrase-fd 0 -d "$1" <<< "$2" | tar -x -C "$3"`;
      const script = `set -e -o pipefail; ${gpg}`;
      await done(
        run("bash", ["-c", script, "bash", join(target, first), PASSPHRASE, out], { env: cleanEnv({ GNUPGHOME: home }) }),
      );
      const piece = readFileSync(join(out, "multivol_snapshot", "a-text", "1")); // larger than a volume
      expect(piece.length).toBe(MIB);
      expect(piece.equals(readFileSync(join(source, "a-text")).subarray(0, MIB))).toBe(true);
      rmSync(out, { recursive: true });
      rmSync(target, { recursive: true });
    },
  );

  it("leaves no partial file at the target, whether it ends well or is refused", async () => {
    const target = await full("clean", ["--no-encryption"]);
    expect(readdirSync(target).filter((name) => name.startsWith("."))).toEqual([]);
    const other = join(work.path, "refused");
    cpSync(source, join(work.path, "source-2"), { recursive: true });
    const failing = await doppel(["full", "--no-encryption", "--fail-on-volume", "2", "--volsize", "1", source, other]);
    expect(failing.code).not.toBe(0);
    if (readdirSync(work.path).includes("refused")) expect(readdirSync(other).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

/** SHA-256 of each object that every run makes alike, by its name without the time. The index has lines in the order of storing, and the receipt times. */
function hashesByKind(target: string): Map<string, string> {
  const kinds = readdirSync(target)
    .filter((name) => !name.includes("index") && !name.includes("receipt"))
    .sort();
  return new Map(
    kinds.map((name) => [
      name.replace(/\d{8}T\d{6}Z/, "TIME"),
      createHash("sha256")
        .update(readFileSync(join(target, name)))
        .digest("hex"),
    ]),
  );
}
