import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  asStored,
  compareTrees,
  type GpgHome,
  gpgHome,
  isRoot,
  makeAwkwardTree,
  openTempDir,
  scanTree,
  stockDuplicity,
  type TempDir,
  tempDir,
} from "@doppel/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Envelope, keyringOf } from "./envelopes.ts";
import { expectMessages } from "./packets.ts";
import { cleanEnv, done, doppel } from "./program.ts";
import { NOTHING_CHANGED, statisticsOf } from "./statistics.ts";
import { bash, joinPieces, loopOf } from "./tar-loop.ts";

const options = { ignoreOwner: !isRoot };
/** Files of the awkward tree that do not fit a volume of 1 MB. */
const CUT = ["data/big-random", "data/big-text"];

/** What has to hold for every envelope: one awkward tree, written once by doppel, read by everybody. */
export function roundTrips(envelopes: readonly Envelope[]): void {
  let tree: TempDir;
  beforeAll(() => {
    tree = openTempDir();
    mkdirSync(join(tree.path, "source"));
    makeAwkwardTree(join(tree.path, "source"));
  });
  afterAll(() => tree[Symbol.dispose]());
  describe.each(envelopes.map((envelope) => [envelope.title, envelope] as const))("%s", (_, envelope) => {
    roundTrip(envelope, () => join(tree.path, "source"));
  });
}

function roundTrip(envelope: Envelope, sourceOf: () => string): void {
  const [first, ...others] = envelope.readers;
  const passphrase = first.env["PASSPHRASE"] ?? "";
  const name = ["--name", "conformance"];
  let source: string;
  let work: TempDir;
  let backup: string;
  let archive: string;
  let ring: GpgHome;
  let homes: AsyncDisposable[];

  const expectSame = (restored: string): void =>
    expect(compareTrees(asStored(scanTree(source)), scanTree(restored), options)).toEqual([]);
  const shell = (): { cwd: string; gnupgHome: string; passphraseFile: string } => {
    const passphraseFile = join(work.path, "passphrase");
    writeFileSync(passphraseFile, passphrase);
    return { cwd: tempDir(), gnupgHome: ring.path, passphraseFile };
  };
  const recipe = async (args: readonly string[] = []): Promise<string> => {
    const env = { ...first.env, GNUPGHOME: ring.path };
    return (await done(doppel(["recipe", ...args, `file://${backup}`], { env }))).stdout.toString();
  };

  beforeAll(async () => {
    source = sourceOf();
    work = openTempDir("/tmp");
    [backup, archive] = [join(work.path, "backup"), join(work.path, "archive")];
    ring = await keyringOf(first);
    homes = [ring];
    const { keyring, env } = envelope.write;
    const writerRing = keyring && (await gpgHome(keyring.keys, keyring));
    if (writerRing) homes.push(writerRing);
    const args = [...envelope.write.options, "--volsize", "1", "--archive-dir", archive, ...name, source, `file://${backup}`];
    const { stdout, stderr } = await done(
      doppel(["full", ...args], { env: { ...env, ...(writerRing && { GNUPGHOME: writerRing.path }) } }),
    );
    expect(statisticsOf(stdout)["NewFiles"]).toBe(asStored(scanTree(source)).length);
    expect(stderr.toString()).toBe("notice: 1 socket left out, as always; -v5 names it\n");
  });
  afterAll(async () => {
    for (const home of homes) await home[Symbol.asyncDispose]();
    work[Symbol.dispose]();
  });

  it.each(envelope.readers.map((reader) => [reader.who, reader] as const))(
    "stock duplicity with %s restores it",
    async (_, reader) => {
      await using home = await keyringOf(reader);
      using duplicity = stockDuplicity(home);
      const target = join(tempDir(), "out");
      await done(duplicity.run(["restore", ...reader.stock, `file://${backup}`, target], reader.env));
      expectSame(target);
    },
  );

  it.each(
    [first, ...others].flatMap((reader) =>
      reader.doppel.map((way) => [`${reader.who} ${way.options.join(" ")}`, reader, way] as const),
    ),
  )("doppel with %s restores it", async (_, reader, way) => {
    await using home = await keyringOf(reader);
    const target = join(tempDir(), "out");
    const env = { ...reader.env, ...(!way.withoutGpg && { GNUPGHOME: home.path }) };
    await done(doppel(["restore", ...way.options, `file://${backup}`, target], { env }));
    expectSame(target);
  });

  it("the printed recipe restores it", async () => {
    const options = shell();
    const target = join(options.cwd, "out");
    const script = await recipe();
    await bash(script, { ...options, args: [target] });
    expectSame(target);
    // The local copy of the manifest says the same, and no key is needed then.
    expect(await recipe(["--archive-dir", archive, ...name])).toBe(script);
  });

  it("the printed loop of gpg and tar restores all but the cut files, and cat joins those", async () => {
    const options = shell();
    const { cwd } = options;
    await bash(loopOf(await recipe()), options);
    for (const path of CUT) {
      expect(joinPieces(join(cwd, path)).equals(readFileSync(join(source, path))), path).toBe(true);
    }
    const comparable = (dir: string) =>
      asStored(scanTree(dir))
        .filter((entry) => !CUT.includes(entry.path))
        .map((entry) => (entry.type === "dir" ? { ...entry, mtime: 0 } : entry)); // each tar sets the times of its own folders only
    expect(compareTrees(comparable(source), comparable(cwd), { ignoreOwner: !isRoot })).toEqual([]);
  });

  it("stock duplicity verifies it against the source without a difference", async () => {
    using duplicity = stockDuplicity(ring);
    const { stdout } = await done(
      duplicity.run(["verify", "--compare-data", ...first.stock, `file://${backup}`, source], first.env),
    );
    const entries = asStored(scanTree(source)).length;
    expect(stdout.toString()).toContain(`Verify complete: ${entries} files compared, 0 differences found.`);
  });

  const { packets } = envelope;
  if (packets) {
    it("every stored object is one message of the agreed packets", async () => {
      await expectMessages(backup, { env: cleanEnv({ GNUPGHOME: ring.path }), passphrase, packets });
    });
  }

  it("stock duplicity goes on with an incremental, with and without the local archive", async () => {
    const copy = join(tempDir(), basename(backup));
    cpSync(backup, copy, { recursive: true });
    using duplicity = stockDuplicity(ring);
    cpSync(archive, duplicity.archiveDir, { recursive: true });
    const incremental = async (stock: typeof duplicity) => {
      const args = ["incremental", ...envelope.stockWrite, "--volsize", "1", ...name, source, `file://${copy}`];
      const { stdout } = await done(stock.run(args, first.env));
      expect(statisticsOf(stdout)).toMatchObject(NOTHING_CHANGED);
      return stdout.toString();
    };
    expect(await incremental(duplicity)).toContain("Local and Remote metadata are synchronized, no sync needed.");
    using fresh = stockDuplicity(ring);
    expect(await incremental(fresh)).toContain("Copying duplicity-full-signatures.");
    const target = join(tempDir(), "out");
    await done(fresh.run(["restore", ...first.stock, ...name, `file://${copy}`, target], first.env));
    expectSame(target);
  });
}
