import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, openTempDir, randomContent, run, type TempDir, tempDir } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { done, doppel } from "../src/program.ts";

const MIB = 2 ** 20;
const VOLSIZE = 2;
/** Around the volume size, and so that volumes end everywhere. */
const SIZES = [
  0,
  1,
  900_000,
  2 * MIB - 1,
  2 * MIB,
  2 * MIB + 1,
  300_000,
  4 * MIB,
  4 * MIB + 1,
  1_500_000,
  1_999_999,
  5_000_000,
  7,
  700_000,
];

interface Volume {
  readonly file: string;
  readonly entries: readonly string[];
}

interface Backup {
  readonly backup: string;
  readonly volumes: readonly Volume[];
}

async function backUp(work: string, options: readonly string[]): Promise<Backup> {
  const [source, backup, archive] = ["source", "backup", "archive"].map((name) => join(work, name)) as [string, string, string];
  mkdirSync(source, { recursive: true });
  for (const [i, size] of SIZES.entries()) writeFileSync(join(source, fileName(i)), randomContent(`volume ${i}`, size));
  await done(
    doppel(["full", "--no-encryption", ...options, "--volsize", `${VOLSIZE}`, "--archive-dir", archive, source, backup]),
  );
  const count = readdirSync(backup).filter((name) => name.includes(".difftar")).length;
  const volumes: Volume[] = [];
  for (let n = 1; n <= count; n++) {
    const name = readdirSync(backup).find((name) => name.includes(`.vol${n}.difftar`));
    expect(name, `volume ${n} of ${count}`).toBeDefined();
    const file = join(backup, name!);
    const { stdout } = await done(run("tar", ["-tf", file]));
    volumes.push({ file, entries: stdout.toString().trimEnd().split("\n") });
  }
  return { backup, volumes };
}

const fileName = (i: number): string => `file-${String(i).padStart(2, "0")}`;

describeInterop(["tar", "gzip"], "the volumes of doppel", () => {
  const works: TempDir[] = [];
  let plain: Backup;
  let gzip: Backup;
  beforeAll(async () => {
    works.push(openTempDir(), openTempDir());
    plain = await backUp(works[0]!.path, ["--no-compression"]);
    gzip = await backUp(works[1]!.path, []);
  });
  afterAll(() => {
    for (const work of works) work[Symbol.dispose]();
  });

  it("hold a file that fits as one entry, and cut a larger one once per volume", () => {
    const { volumes } = plain;
    const entries = volumes.flatMap((volume) => volume.entries);
    const whole = SIZES.flatMap((size, i) => (size <= VOLSIZE * MIB ? [`snapshot/${fileName(i)}`] : []));
    expect(entries.filter((name) => name.startsWith("snapshot/"))).toEqual(["snapshot/./", ...whole]);
    for (const [i, size] of SIZES.entries()) {
      if (size <= VOLSIZE * MIB) continue;
      const prefix = `multivol_snapshot/${fileName(i)}/`;
      const count = Math.ceil(size / (VOLSIZE * MIB));
      const numbers = Array.from({ length: count }, (_, k) => `${prefix}${k + 1}`);
      expect(entries.filter((name) => name.startsWith(prefix))).toEqual(numbers);
      expect(volumes.filter(({ entries }) => entries.some((name) => name.startsWith(prefix)))).toHaveLength(count);
    }
    expect(entries).toHaveLength(new Set(entries).size);
  });

  it.each(["plain", "gzip"])("keep the documented bound, %s", (kind) => {
    const { volumes } = kind === "plain" ? plain : gzip;
    for (const { file, entries } of volumes) {
      expect(statSync(file).size, file).toBeLessThan(2 * VOLSIZE * MIB);
      expect(entries.length).toBeGreaterThan(0);
    }
    for (const { file } of volumes.slice(0, -1)) expect(statSync(file).size, file).toBeGreaterThanOrEqual((VOLSIZE * MIB) / 2);
  });

  it("end with two zero blocks and nothing after them", async () => {
    const { volumes } = plain;
    for (const { file } of volumes) {
      const end = await done(run("tar", ["-tRf", file]));
      const blocks = Number(/^block (\d+): \*\* Block of NULs \*\*$/m.exec(end.stdout.toString())?.[1]);
      expect(statSync(file).size, file).toBe((blocks + 2) * 512);
      expect(readFileSync(file).subarray(blocks * 512)).toEqual(Buffer.alloc(1024));
    }
  });

  it("carry the specified names, and the manifest has their hashes", () => {
    const { backup, volumes } = gzip;
    const names = readdirSync(backup);
    const time = /^duplicity-full\.(\d{8}T\d{6}Z)\.manifest$/.exec(names.find((name) => name.endsWith(".manifest")) ?? "")?.[1];
    const expected = [
      `duplicity-full-signatures.${time}.sigtar.gz`,
      `duplicity-full.${time}.manifest`,
      `duplicity-full.${time}.index.gz`,
      `duplicity-full.${time}.receipt`,
      ...volumes.map((_, i) => `duplicity-full.${time}.vol${i + 1}.difftar.gz`),
    ];
    expect(names.sort()).toEqual(expected.sort());
    const manifest = readFileSync(join(backup, `duplicity-full.${time}.manifest`), "utf8");
    const hashes = [
      ...manifest.matchAll(/Volume (\d+):\n.*\n.*\n {4}Hash SHA1 ([0-9a-f]{40})\n {4}Hash SHA256 ([0-9a-f]{64})\n/g),
    ];
    const digest = (algorithm: string, file: string) => createHash(algorithm).update(readFileSync(file)).digest("hex");
    expect(hashes.map((match) => match.slice(1))).toEqual(
      volumes.map(({ file }, i) => [`${i + 1}`, digest("sha1", file), digest("sha256", file)]),
    );
  });

  it("are one gzip member each, as old readers want it", async () => {
    const { backup, volumes } = gzip;
    for (const name of readdirSync(backup).filter((name) => name.endsWith(".gz"))) {
      const file = join(backup, name);
      const [listed, header] = [await done(run("gzip", ["-l", file])), readFileSync(file).subarray(0, 4).toString("hex")];
      expect(header).toBe("1f8b0800");
      const [compressed] = listed.stdout.toString().split("\n")[1]!.trim().split(/\s+/);
      expect(Number(compressed)).toBe(statSync(file).size);
      await done(run("gzip", ["-t", file]));
    }
    expect(volumes.length).toBeGreaterThan(1);
  });

  it("take a prefix before every name", async () => {
    const [source, backup] = [tempDir(), tempDir()];
    mkdirSync(join(source, "folder"));
    const prefixes = [
      "--file-prefix",
      "h-",
      "--file-prefix-archive",
      "a-",
      "--file-prefix-manifest",
      "m-",
      "--file-prefix-signature",
      "s-",
    ];
    await done(doppel(["full", "--no-encryption", ...prefixes, "--archive-dir", tempDir(), source, backup]));
    const kinds = readdirSync(backup).map((name) => name.replace(/\d{8}T\d{6}Z/, "T"));
    expect(kinds.sort()).toEqual([
      "h-a-duplicity-full.T.vol1.difftar.gz",
      "h-m-duplicity-full.T.index.gz",
      "h-m-duplicity-full.T.manifest",
      "h-m-duplicity-full.T.receipt",
      "h-s-duplicity-full-signatures.T.sigtar.gz",
    ]);
  });
});
