import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  compareTrees,
  describeInterop,
  gpgHome,
  isRoot,
  openTempDir,
  reference,
  run,
  scanTree,
  stockDuplicity,
  tempDir,
  testKey,
} from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { pathWithSpy } from "../src/gpg-spy.ts";
import { DOPPEL, done, doppel } from "../src/program.ts";

const curve = testKey("curve");

/** A set is named by its second, and nothing in the target tells doppel that one is taken. */
const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));

function smallTree(): string {
  const source = join(tempDir(), "source");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "content\n");
  return source;
}

describe("a full backup to a public key needs nothing of the machine", () => {
  const nothing = () => {
    const home = tempDir();
    const ring = join(home, "unreadable");
    mkdirSync(ring);
    writeFileSync(join(ring, "pubring.kbx"), "damaged");
    chmodSync(ring, 0);
    return { home, ring };
  };

  it("no gpg, no keyring, no home, no archive directory, no passphrase", async () => {
    const { home, ring } = nothing();
    const spy = pathWithSpy();
    const [source, backup] = [smallTree(), tempDir()];
    const env = { PATH: spy.path, HOME: home, GNUPGHOME: ring };
    const args = ["full", "--encrypt-key", curve.publicFile, source, `file://${backup}`];
    await done(run(process.execPath, [DOPPEL, ...args], { env, input: "" }));
    expect(spy.calls()).toBe(false);
    expect(readdirSync(backup)).toHaveLength(5);
    expect(readdirSync(home).sort()).toEqual([".cache", "unreadable"]);

    // The machine is gone; another one has nothing but the secret key.
    const target = join(tempDir(), "out");
    const reading = { PATH: spy.path, PASSPHRASE: curve.passphrase, HOME: tempDir(), GNUPGHOME: ring };
    await done(doppel(["restore", "--secret-key", curve.secretFile, `file://${backup}`, target], { env: reading }));
    expect(compareTrees(scanTree(source), scanTree(target), { ignoreOwner: !isRoot })).toEqual([]);
    expect(spy.calls()).toBe(false);
  });

  it("a key in gpg's keyring is found there without gpg, which is not even asked about trust", async () => {
    await using ring = await gpgHome(["rsa"], { secret: false });
    const spy = pathWithSpy();
    const env = { PATH: spy.path, HOME: tempDir(), GNUPGHOME: ring.path };
    const backup = tempDir();
    await done(doppel(["full", "--encrypt-key", testKey("rsa").fingerprint, smallTree(), backup], { env }));
    expect(spy.calls()).toBe(false);
    expect(readdirSync(backup)).toHaveLength(5);
  });

  it("nothing of the target: a second full goes beside a first whose key is not there", async () => {
    const [source, backup] = [smallTree(), tempDir()];
    const env = { PATH: pathWithSpy().path };
    for (const key of [curve.publicFile, testKey("second").publicFile]) {
      await done(doppel(["full", "--encrypt-key", key, "--archive-dir", tempDir(), source, backup], { env }));
      await nextSecond();
    }
    expect(readdirSync(backup)).toHaveLength(10);
  });
});

describeInterop(["duplicity", "gpg"], "what stock duplicity cannot, doppel can", () => {
  it("a full backup with the public key alone after the archive directory was lost", async () => {
    await using ring = await gpgHome(["rsa"], { secret: false });
    using work = openTempDir();
    const source = smallTree();
    const full = ["full", "--encrypt-key", testKey("rsa").fingerprint, source, `file://${join(work.path, "backup")}`];
    using before = stockDuplicity(ring);
    await done(before.run(full));
    using reinstalled = stockDuplicity(ring);
    expect((await reinstalled.run(full)).code).not.toBe(0);
    await nextSecond();
    await done(doppel([...full, "--archive-dir", tempDir()], { env: { GNUPGHOME: ring.path } }));
  });

  it("is compared with the duplicity of the system, not with ours", () => {
    expect(reference("duplicity")?.version).toMatch(/^duplicity [01]\.|^duplicity 3\./);
    expect(dirname(reference("duplicity")!.path)).not.toContain("node_modules");
  });
});
