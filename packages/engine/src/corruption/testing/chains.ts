import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import { NO_PREFIXES, parseName } from "@doppel/format";
import { findRecipient, type SecretKeys, secretKeysFromKeyFile } from "@doppel/openpgp";
import {
  asStored,
  gpgHome,
  materialise,
  MemoryStorage,
  openTempDir,
  randomContent,
  scanTree,
  stockDuplicity,
  testKey,
  textContent,
  type TreeEntry,
  type TreeSpec,
} from "@doppel/testkit";
import { backup } from "../../backup.ts";
import { testRuntime } from "../../history/test-support.ts";
import type { Envelope } from "../../job.ts";

/** A chain of a full set and increments, sound, and what each of its points in time is. */
export interface SoundChain {
  readonly name: string;
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** The files of the archive directory of who made it. */
  readonly copies: ReadonlyMap<string, Uint8Array>;
  /** What stands beside them to know them by. */
  readonly sums?: ReadonlyMap<string, Uint8Array>;
  /** Ascending. */
  readonly points: readonly { readonly time: Date; readonly tree: readonly TreeEntry[] }[];
  readonly keys?: SecretKeys;
}

export type Maker = "doppel" | "stock";

const T0 = 1_700_000_000;
const HOUR = 3600;
const KEY = testKey("second");

const path = (text: string): TreeSpec["path"] => text as TreeSpec["path"];

/** Three states. @param large bytes of the largest file */
function states(large: number): readonly (readonly TreeSpec[])[] {
  const file = (name: string, content: Uint8Array | string, mtime = T0): TreeSpec => ({
    path: path(name),
    type: "file",
    content: Buffer.from(content),
    mtime,
  });
  const big = randomContent("big", large);
  const changed = Buffer.concat([big.subarray(0, large >> 2), Buffer.from("inserted"), big.subarray(large >> 2)]);
  const small = ["d/1", "d/2", "d/3", "d/4", "d/sub/5", "d/sub/6"].map((name) => file(name, textContent(name, 700)));
  const always: TreeSpec[] = [
    { path: path(""), type: "dir", mtime: T0 },
    { path: path("d"), type: "dir", mtime: T0 },
    { path: path("empty"), type: "dir", mode: 0o700, mtime: T0 },
    { path: path("d/sub"), type: "dir", mtime: T0 },
    file("a", "a\n"),
    file("b\xff", "not UTF-8"),
    file("dz", textContent("dz", 9000)),
    file("zero", ""),
    file("zz", randomContent("zz", 3000)),
  ];
  const link = (target: string): TreeSpec => ({ path: path("link"), type: "symlink", target: path(target) });
  return [
    [...always, ...small, file("big", big), file("c", randomContent("c", 12_000)), link("d/1")],
    [
      ...always,
      ...small.filter((spec) => spec.path !== "d/3").map((spec) => (spec.path === "d/4" ? { ...spec, mode: 0o600 } : spec)),
      file("big", changed, T0 + 1),
      file("c", randomContent("c", 12_000)),
      file("d/new", randomContent("new", 8000), T0 + 1),
      link("a"),
    ],
    [
      ...always,
      ...small.filter((spec) => spec.path !== "d/3" && spec.path !== "d/sub/6"),
      file("big", Buffer.concat([changed, Buffer.from("appended")]), T0 + 2),
      { path: path("c"), type: "dir", mtime: T0 + 2 },
      file("c/was-a-file", "now it is a directory", T0 + 2),
      file("d/new", Buffer.concat([Buffer.from("changed"), randomContent("new", 8000)]), T0 + 2),
      file("zy", textContent("zy", 4000), T0 + 2),
    ],
  ];
}

/** The state after those: of what deltas are made of, some have moved, and some is new. Into an empty folder. @returns it as a backup holds it */
export function materialiseNext(source: string): readonly TreeEntry[] {
  const last = states(40_000).at(-1)!;
  const grown = last.map((spec) => {
    if (spec.type !== "file" || !["big", "d/new", "dz"].includes(spec.path)) return spec;
    const content = Buffer.from(spec.content as Uint8Array);
    const at = content.length >> 1;
    return {
      ...spec,
      content: Buffer.concat([content.subarray(0, at), randomContent("put in", 3000), content.subarray(at)]),
      mtime: T0 + 3,
    };
  });
  materialise(grown, source);
  return asStored(scanTree(source));
}

/** An increment on what lies in `storage`, by what lies in `archiveDir`. @returns its time @throws what a backup throws */
export async function makeNext(
  sealing: Sealing,
  storage: MemoryStorage,
  source: string,
  archiveDir: string,
  tempDir: string,
): Promise<Date> {
  const time = new Date((T0 + 10 * HOUR) * 1000);
  await ours(storage, source, archiveDir, tempDir, await envelopeOf(sealing), time);
  return time;
}

/** How `stock` and `doppel` seal. */
export type Sealing = "gpg" | "gzip" | "plain";

/** Makes a chain: one set a maker, in turn. Volumes of stock have a megabyte at least, ours a few kilobytes. */
export async function makeChain(makers: readonly [Maker, Maker, Maker], sealing: Sealing): Promise<SoundChain> {
  using dir = openTempDir("/tmp");
  const [source, target, archiveDir] = [join(dir.path, "source"), join(dir.path, "target"), join(dir.path, "archive")];
  const byStock = makers.includes("stock");
  await using home = byStock && sealing === "gpg" ? await gpgHome(["second"]) : undefined;
  using stock = byStock ? stockDuplicity(home) : undefined;
  const storage = new MemoryStorage();
  const copies = new Map<string, Uint8Array>();
  const points: { time: Date; tree: readonly TreeEntry[] }[] = [];
  const envelope = await envelopeOf(sealing);
  let sums: Uint8Array | undefined;
  for (const folder of [target, archiveDir, join(dir.path, "tmp")]) mkdirSync(folder);
  for (const [index, specs] of states(byStock ? 1_600_000 : 40_000).entries()) {
    rmSync(source, { recursive: true, force: true });
    mkdirSync(source);
    materialise(specs, source);
    const time = new Date((T0 + index * HOUR) * 1000);
    if (makers[index] === "doppel") await ours(storage, source, archiveDir, join(dir.path, "tmp"), envelope, time);
    else {
      writeAll(target, storage.objects);
      const envelopeArgs = sealing === "gpg" ? ["--encrypt-key", KEY.fingerprint] : ["--no-encryption", ...PLAIN[sealing]];
      const args = [index === 0 ? "full" : "incremental", "--name", "chain", "--volsize", "1", ...envelopeArgs];
      const env = { PASSPHRASE: KEY.passphrase };
      const options = ["--current-time", `${time.getTime() / 1000}`, "--allow-source-mismatch"];
      const { code, stderr } = await stock!.run([...args, ...options, source, `file://${target}`], env);
      if (code !== 0) throw new Error(`duplicity: ${stderr.toString()}`);
      for (const name of readdirSync(target)) storage.objects.set(name, readFileSync(join(target, name)));
      const kept = join(stock!.archiveDir, "chain");
      for (const name of readdirSync(kept)) if (parseName(name)) copies.set(name, readFileSync(join(kept, name)));
    }
    points.push({ time, tree: asStored(scanTree(source)) });
  }
  for (const name of readdirSync(archiveDir)) {
    if (parseName(name)) copies.set(name, readFileSync(join(archiveDir, name)));
    else if (name === SUMS) sums = readFileSync(join(archiveDir, name));
  }
  const keys =
    sealing === "gpg" ? secretKeysFromKeyFile(readFileSync(KEY.secretFile), async () => KEY.passphrase, "the key") : undefined;
  return {
    name: `${makers.join(", ")}: ${sealing}`,
    objects: storage.objects,
    copies,
    points,
    ...(keys && { keys }),
    ...(sums && { sums: new Map([[SUMS, sums]]) }),
  };
}

const SUMS = "doppel-copies.sha256";

const PLAIN: Readonly<Record<"gzip" | "plain", readonly string[]>> = { gzip: [], plain: ["--no-compression"] };

function writeAll(folder: string, objects: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, bytes] of objects) writeFileSync(join(folder, name), bytes);
}

async function envelopeOf(sealing: Sealing): Promise<Envelope> {
  if (sealing !== "gpg") return { kind: sealing };
  const sources = { gnupgHome: "/proc/nonexistent", readFile: (name: string) => readFileSync(name) };
  const recipient = await findRecipient(KEY.publicFile, { ...sources, now: new Date("2026-01-01T00:00:00Z") });
  return { kind: "gpg", recipients: [recipient], compress: true };
}

async function ours(
  storage: MemoryStorage,
  source: string,
  archiveDir: string,
  tempDir: string,
  envelope: Envelope,
  time: Date,
): Promise<void> {
  const runtime = { ...testRuntime(), clock: { now: () => time, sleep: () => Promise.resolve() } };
  const job = {
    kind: storage.objects.size === 0 ? ("full" as const) : ("inc" as const),
    source: pathFromText(source),
    selection: [],
    filelists: new Map<string, Uint8Array>(),
    nullSeparator: false,
    copyLinks: false,
    allowSourceMismatch: true,
    volumeBytes: 8192,
    compressLevel: 6,
    threads: 1,
    hostname: pathFromText("host"),
    prefixes: NO_PREFIXES,
    countTotals: false,
    dryRun: false,
    skipIfUnchanged: false,
    listChanges: true,
    maxBlockBytes: 2048,
    resume: "never" as const,
    sabotage: {},
    receipt: { program: "doppel test", folderDepth: 1 },
    verbose: false,
  };
  const keys =
    envelope.kind === "gpg" ? secretKeysFromKeyFile(readFileSync(KEY.secretFile), async () => KEY.passphrase, "") : undefined;
  await backup(job, { storage, envelope, archiveDir, tempDir, ...(keys && { keys }) }, runtime);
}
