import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  compareTrees,
  describeInterop,
  gpgHome,
  isRoot,
  materialise,
  type RunResult,
  scanTree,
  stockDuplicity,
  tempDir,
  testKey,
  type TreeEntry,
} from "@doppel/testkit";
import { expect, it } from "vitest";
import { hashesBelow } from "../src/hashes.ts";
import { history } from "../src/edits.ts";
import { pathWithSpy } from "../src/gpg-spy.ts";
import { done, doppel } from "../src/program.ts";

const key = testKey("rsa");
const DAY = 86_400;
const FIRST = 1_700_000_000;
/** Without the large files, which make no difference here. */
const STEPS = history()
  .slice(0, 4)
  .map(({ tree }) => tree.filter(({ content }) => (content?.length ?? 0) < 300_000));
const same = { ignoreOwner: !isRoot };

/** A machine that has the public half of a key in a file, and a gpg that only notes that it was called. */
function machine() {
  const dir = tempDir();
  const spy = pathWithSpy();
  const [source, target, archive] = [join(dir, "source"), join(dir, "target"), join(dir, "archive")];
  const points: TreeEntry[][] = [];
  /** `secret`: for this once the secret key is there as well. */
  const backup = (command: readonly string[], secret = false): Promise<RunResult> => {
    const tree = STEPS[points.length % STEPS.length]!;
    rmSync(source, { recursive: true, force: true });
    mkdirSync(source);
    materialise(tree, source);
    const time = ["--current-time", `${FIRST + points.length * DAY}`];
    const keys = ["--encrypt-key", key.publicFile, ...(secret ? ["--secret-key", key.secretFile] : [])];
    const env = { PATH: spy.path, HOME: join(dir, "home"), ...(secret && { PASSPHRASE: key.passphrase }) };
    const args = [...command, ...time, ...keys, "--archive-dir", archive, "--name", "chain", source, `file://${target}`];
    return doppel(args, { env });
  };
  return {
    source,
    target,
    archive,
    points,
    copies: join(archive, "chain"),
    calledGpg: spy.calls,
    attempt: backup,
    /** A backup that has to succeed; what it saw is a point of the chain. */
    async backup(command: readonly string[], secret = false): Promise<void> {
      await done(backup(command, secret));
      points.push(scanTree(source));
    },
    async expectPoint(n: number): Promise<void> {
      const out = join(tempDir(), "out");
      const args = ["restore", "-t", `${FIRST + n * DAY + DAY / 2}`, "--secret-key", key.secretFile, "--archive-dir", tempDir()];
      await done(doppel([...args, `file://${target}`, out], { env: { PASSPHRASE: key.passphrase } }));
      expect(compareTrees(points[n]!, scanTree(out), same), `point ${n}`).toEqual([]);
    },
  };
}

type Machine = ReturnType<typeof machine>;

/** Nobody but the holder of the secret key, and with nothing but the target. */
async function expectStockRestores({ points, target }: Pick<Machine, "points" | "target">): Promise<void> {
  await using home = await gpgHome([key.name]);
  using stock = stockDuplicity(home);
  for (const [n, expected] of points.entries()) {
    const out = join(tempDir(), "out");
    await done(
      stock.run(["restore", "-t", `${FIRST + n * DAY + DAY / 2}`, `file://${target}`, out], { PASSPHRASE: key.passphrase }),
    );
    expect(compareTrees(expected, scanTree(out), same), `point ${n}`).toEqual([]);
  }
}

function expectRefusal(result: RunResult, message: RegExp): void {
  expect(result.stderr.toString()).toMatch(message);
  expect(result.stderr.toString()).toMatch(/^doppel: [^\n]+\n$/);
  expect(result.code).toBe(31);
}

describeInterop(["duplicity", "gpg"], "a machine that has only the public key", () => {
  it("makes a chain without gpg and passphrase, which stock duplicity restores with the secret key", async () => {
    const host = machine();
    await host.backup(["full"]);
    await host.backup(["incremental"]);
    await host.backup([]);
    await host.backup(["backup"]);
    expect(host.calledGpg()).toBe(false);
    expect(readdirSync(host.target).filter((name) => /^duplicity-inc\..*manifest/.test(name))).toHaveLength(3);
    await expectStockRestores(host);
  });

  it("that lost its archive directory: no increment, one clear line; a full backup all the same", async () => {
    const host = machine();
    await host.backup(["full"]);
    await host.backup(["incremental"]);
    rmSync(host.archive, { recursive: true });
    const before = hashesBelow(host.target);
    const wayOut = /needs it because \S+ does not hold the chain's metadata|is not in the archive directory/;
    expectRefusal(await host.attempt(["incremental"]), wayOut);
    expectRefusal(await host.attempt([]), wayOut);
    expect(hashesBelow(host.target)).toEqual(before);
    await host.backup(["full"]);
    await host.backup(["incremental"]);
    await expectStockRestores(host);
  });

  it("gets its archive directory back where the secret key is, and then goes on without it", async () => {
    const host = machine();
    await host.backup(["full"]);
    await host.backup(["incremental"]);
    rmSync(host.archive, { recursive: true });
    await host.backup(["incremental"], true);
    expect(readdirSync(host.copies).filter((name) => name.endsWith(".sigtar.gz"))).toHaveLength(3);
    await host.backup(["incremental"]);
    for (const n of host.points.keys()) await host.expectPoint(n);
    expect(host.calledGpg()).toBe(false);
  });

  it("whose archive directory is behind", async () => {
    const host = machine();
    await host.backup(["full"]);
    await host.backup(["incremental"]);
    const last = readdirSync(host.copies).find((name) => name.startsWith("duplicity-new-signatures"))!;
    const kept = join(tempDir(), last);
    copyFileSync(join(host.copies, last), kept);
    rmSync(join(host.copies, last));
    const before = hashesBelow(host.target);
    expectRefusal(await host.attempt(["incremental"]), /duplicity-new-signatures\S+ is not in the archive directory/);
    expect(hashesBelow(host.target)).toEqual(before);
    await host.backup(["incremental"], true);
    expect(readdirSync(host.copies)).toContain(last);
    rmSync(join(host.copies, last));
    copyFileSync(kept, join(host.copies, last)); // as from a backup of the archive directory
    await host.backup(["incremental"]);
    for (const n of host.points.keys()) await host.expectPoint(n);
  });

  it("lets stock duplicity go on from doppel's archive directory, also without the secret key", async () => {
    const host = machine();
    await host.backup(["full"]);
    await host.backup(["incremental"]);
    rmSync(host.source, { recursive: true });
    mkdirSync(host.source);
    materialise(STEPS[2]!, host.source);
    await using ring = await gpgHome([key.name], { secret: false });
    using stock = stockDuplicity(ring);
    rmSync(stock.archiveDir, { recursive: true });
    const time = ["--current-time", `${FIRST + 2 * DAY}`, "--allow-source-mismatch"];
    cpSync(host.archive, stock.archiveDir, { recursive: true });
    const args = [
      "incremental",
      ...time,
      "--encrypt-key",
      key.fingerprint,
      "--name",
      "chain",
      host.source,
      `file://${host.target}`,
    ];
    await done(stock.run(args));
    host.points.push(scanTree(host.source));
    cpSync(stock.archiveDir, host.archive, { recursive: true });
    await host.backup(["incremental", "--allow-source-mismatch"]); // and doppel from stock's
    expect(host.calledGpg()).toBe(false);
    for (const n of host.points.keys()) await host.expectPoint(n);
    await expectStockRestores(host);
  });
});
