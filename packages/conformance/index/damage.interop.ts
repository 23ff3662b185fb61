import { existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, randomContent, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { type Box, makeBox } from "../badinput/box.ts";

const key = testKey("rsa");
const env = { PASSPHRASE: key.passphrase };
const read = ["--secret-key", key.secretFile];

/** A backup of a few hundred KB, encrypted, of which `three` is wanted. */
async function backedUp(envelope: readonly string[]): Promise<Box> {
  const box = makeBox();
  writeFileSync(join(box.source, "before"), randomContent("1", 100_000));
  writeFileSync(join(box.source, "three"), randomContent("2", 60_000));
  writeFileSync(join(box.source, "zz"), randomContent("3", 100_000));
  expect(await box.full(envelope)).toMatchObject({ code: 0 });
  return box;
}

function objectOf(box: Box, part: string): string {
  return join(box.target, readdirSync(box.target).find((name) => name.includes(part))!);
}

describeInterop([], "a backup with an index", () => {
  it.each([
    ["encrypted", ["--encrypt-key", key.publicFile], read],
    ["gzip", ["--no-encryption"], []],
    ["plain", ["--no-encryption", "--no-compression"], []],
  ])("whose volume was changed anywhere gives a file as it was, or none: %s", async (_, envelope, options) => {
    const box = await backedUp(envelope);
    const volume = objectOf(box, ".difftar");
    const sound = readFileSync(volume);
    const expected = readFileSync(join(box.source, "three"));
    let [refused, restored] = [0, 0];
    for (let i = 0; i < 24; i++) {
      const changed = Buffer.from(sound);
      changed[Math.floor((i * sound.length) / 24) + ((i * 7919) % 4000)]! ^= 1 << (i % 8);
      writeFileSync(volume, changed);
      const outcome = await box.restore(["--fail-fast", ...options, "--path-to-restore", "three"], { env });
      if (outcome.code === 0) {
        restored++;
        expect(readFileSync(box.restored).equals(expected)).toBe(true);
        rmSync(box.restored);
      } else {
        refused++;
        expect([outcome.code, outcome.stderr]).toEqual([
          21,
          expect.stringMatching(/^doppel: .*--no-index reads and checks the whole volume/),
        ]);
        expect(existsSync(box.restored) && readFileSync(box.restored).length).toBeFalsy();
        if (refused > 2) continue;
        const beside = await box.restore([...options, "--path-to-restore", "three"], { env });
        expect(beside.stderr).toMatch(/vol1\S* is not what the manifest says[\s\S]*^warning: three: lost: /m);
        expect([beside.code, existsSync(box.restored)]).toEqual([3, false]);
      }
    }
    expect(refused).toBeGreaterThan(2);
    expect(restored).toBeGreaterThan(2);
    const whole = await box.restore(["--fail-fast", ...options, "--no-index", "--path-to-restore", "three"], { env });
    expect(whole).toMatchObject({ code: 21, stderr: expect.stringContaining("is not what the manifest says") });
  });

  it("that lacks the volume is told apart from damage", async () => {
    const box = await backedUp(["--no-encryption"]);
    rmSync(objectOf(box, ".difftar"));
    expect(await box.restore(["--fail-fast", "--path-to-restore", "three"])).toMatchObject({
      code: 21,
      stderr: expect.stringContaining("vol1.difftar.gz is missing at the target"),
    });
  });

  it.each([
    ["cut off", (index: string) => truncateSync(index, readFileSync(index).length >> 1)],
    ["empty", (index: string) => truncateSync(index, 0)],
    ["changed", (index: string) => writeFileSync(index, readFileSync(index).fill(0x41, 420, 520))],
    ["something else", (index: string) => writeFileSync(index, "hello")],
  ])("that is %s says so, and whole volumes are read", async (_, harm) => {
    const box = await backedUp(["--encrypt-key", key.publicFile]);
    harm(objectOf(box, ".index"));
    const outcome = await box.restore([...read, "--path-to-restore", "three"], { env });
    expect(outcome).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/index\.gpg is not used: .*; whole volumes are read instead/),
    });
    expect(readFileSync(box.restored).equals(readFileSync(join(box.source, "three")))).toBe(true);
  });

  it("of another set says so, and whole volumes are read", async () => {
    const box = await backedUp(["--no-encryption"]);
    const name = objectOf(box, ".index");
    renameSync(name, join(box.path, "kept"));
    for (const object of readdirSync(box.target)) rmSync(join(box.target, object));
    expect(await box.full(["--no-encryption", "--current-time", "1900000000"])).toMatchObject({ code: 0 });
    renameSync(join(box.path, "kept"), objectOf(box, ".index"));
    expect(await box.restore(["--path-to-restore", "three"])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("it is that of another set"),
    });
  });
});
