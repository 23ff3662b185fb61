import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectDone, expectRefusal, filesBelow, makeBox } from "./box.ts";
import {
  dir,
  file,
  type Forged,
  forgeSet,
  MANIFEST,
  ROOT,
  SET_TIME,
  symlink,
  tar,
  volumeBlock,
  volumeName,
} from "./forged-set.ts";

/** Entries of volume 1 behind the root; what the line says of it. `outside` is a folder beside the restore target. */
const HOSTILE: [string, readonly Forged[], RegExp][] = [
  ["..", [file("../outside/x")], /\.\.\/outside\/x/],
  [".. in the middle", [dir("a"), file("a/../../outside/x")], /a\/\.\.\/\.\.\/outside\/x/],
  ["absolute", [{ name: "/tmp/outside-x" }], /\/tmp\/outside-x/],
  ["absolute below the prefix", [file("/tmp/outside-x")], /outside-x/],
  [". as a name", [file("./x")], /\.\/x/],
  ["no prefix", [{ name: "x" }], /entry x/],
  ["unknown prefix", [{ name: "snapshoot/x" }], /snapshoot\/x/],
  ["hard link", [file("a"), { name: "snapshot/b", type: "1", link: "/etc/passwd" }], /type "1", which no backup has/],
  ["negative size", [{ ...file("a"), size: "-0000000001" }], /number in a header is malformed/],
  [
    "base-256 negative size",
    [{ ...file("a"), size: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" }],
    /number in a header is malformed/,
  ],
  [
    "size of exabytes",
    [{ ...file("a"), size: "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff" }],
    /number in a header is malformed/,
  ],
  ["size beyond the end", [{ ...file("a"), size: "00000777777" }], /cut short|ends/],
  ["wrong order", [file("b"), file("a")], /entry a .*(order|after)/],
  ["twice", [file("a"), file("a")], /entry a .*(twice|order|again)/],
  ["bad checksum", [file("a"), { ...file("b"), checksum: 1 }], /checksum/],
  ["a delta in a full set", [{ name: "diff/a", content: "rs\x026" }], /"diff"/],
  ["a deletion in a full set", [{ name: "deleted/a" }], /"deleted"/],
  ["piece 2 without piece 1", [{ name: "multivol_snapshot/a/2", content: "x" }], /entry a .*first piece is number 2/],
  ["piece 0", [{ name: "multivol_snapshot/a/0", content: "x" }], /first piece is number 0/],
];

/** The plain stop, of which nothing behind it can be missed; beside damage a restore goes on otherwise (`chains/`, `corruption/`). */
const STOP = ["--fail-fast"];

describe("a forged volume: exit 21, one line, and nothing outside the target, ever", () => {
  it.each(HOSTILE)("%s", async (_, entries, message) => {
    const box = makeBox();
    mkdirSync(join(box.path, "outside"));
    forgeSet(box.target, [tar([ROOT, ...entries])]);
    const outcome = await box.restore(STOP);
    expectRefusal(outcome, 21, message);
    expect(outcome.stderr).toContain(volumeName(1)); // the line names the object
    expect(readdirSync(join(box.path, "outside"))).toEqual([]);
    expect(existsSync("/tmp/outside-x")).toBe(false);
    for (const path of filesBelow(box.restored)) expect(readFileSync(path, "utf8")).toMatch(/^[ab]\n$/); // whole, or not there
  });

  it.each<[string, readonly Forged[]]>([
    ["a file below a symlink", [symlink("a", "../outside"), file("a/x")]],
    ["a file below an absolute symlink", [symlink("a", "/tmp"), file("a/doppel-outside-x")]],
    ["a directory below a symlink", [symlink("a", "../outside"), dir("a/x"), file("a/x/y")]],
    ["a directory in place of a symlink", [symlink("a", "../outside"), { ...dir("a"), mode: 0o700 }, file("a/x")]],
  ])("%s is not written through the link", async (_, entries) => {
    const box = makeBox();
    mkdirSync(join(box.path, "outside"));
    forgeSet(box.target, [tar([ROOT, ...entries, file("z")])]);
    const outcome = await box.restore(STOP);
    expect([3, 21]).toContain(outcome.code);
    expect(outcome.stderr).toMatch(/\ba\b.*/);
    expect(readdirSync(join(box.path, "outside"))).toEqual([]);
    expect(existsSync("/tmp/doppel-outside-x")).toBe(false);
  });

  it("an existing symlink in the target is not followed with --force", async () => {
    const box = makeBox();
    mkdirSync(join(box.path, "outside"));
    mkdirSync(box.restored);
    symlinkSync("../outside", join(box.restored, "a"));
    forgeSet(box.target, [tar([ROOT, dir("a"), file("a/x")])]);
    expectDone(await box.restore(["--force"]));
    expect(readdirSync(join(box.path, "outside"))).toEqual([]);
    expect(readFileSync(join(box.restored, "a/x"), "utf8")).toBe("a/x\n");
  });
});

describe("volumes that do not fit together: exit 21, the volume is named", () => {
  const one = tar([ROOT, file("a")]);
  const two = tar([file("b")]);

  it("an empty volume in the middle, where stock stops in silence", async () => {
    const box = makeBox();
    forgeSet(box.target, [one, tar([]), two]);
    expectRefusal(await box.restore(STOP), 21, new RegExp(`${volumeName(2)}.*no entries`));
  });

  it("a bad header checksum in the middle of the second volume", async () => {
    const box = makeBox();
    forgeSet(box.target, [one, tar([file("b"), { ...file("c"), checksum: 7 }, file("d")])]);
    expectRefusal(await box.restore(STOP), 21, new RegExp(`${volumeName(2)}.*checksum`));
    expect(readdirSync(box.restored)).toEqual(["a", "b"]);
  });

  it("a volume that goes back behind the one before", async () => {
    const box = makeBox();
    forgeSet(box.target, [two, one]);
    expectRefusal(await box.restore(STOP), 21, new RegExp(volumeName(2)));
  });

  it("a volume that ends inside a file", async () => {
    const box = makeBox();
    forgeSet(box.target, [one, tar([file("b", "x".repeat(5000))]).subarray(0, 2048)]);
    expectRefusal(await box.restore(STOP), 21, new RegExp(`${volumeName(2)}.*(ends|cut|short)`));
    expect(readdirSync(box.restored)).toEqual(["a"]);
  });
});

/** What is made of a right manifest of two volumes; exit code; the line. */
const MANIFESTS: [string, (right: string) => string, number, RegExp][] = [
  ["garbage", () => "\u0000\u0001garbage\n", 21, /manifest.*line 1/],
  ["empty", () => "", 21, /\.manifest: the manifest is empty; use another copy/],
  ["HTML of a proxy", () => "<html>Bad gateway</html>\n", 21, /manifest.*line 1/],
  ["without its second volume's hash", (right) => right.replace(/(.*)\n {4}Hash.*\n$/s, "$1\n"), 21, /vol2\.difftar.*no hash/],
  ["with an unknown hash only", (right) => right.replaceAll("SHA1", "CRC32"), 21, /vol1\.difftar.*no hash/],
  ["with a gap", (right) => right.replace("Volume 2:", "Volume 3:"), 21, /manifest.*volume 2 is not listed, but volume 3 is/],
  ["with volume 10^9", (right) => right.replace("Volume 2:", "Volume 1000000000:"), 21, /manifest.*(number|not listed)/],
  ["with volume 999999999", (right) => right.replace("Volume 2:", "Volume 999999999:"), 21, /manifest.*volume 2 is not listed/],
  ["with volume 0", (right) => right.replace("Volume 1:", "Volume 0:"), 21, /manifest.*number/],
  ["with volume -1", (right) => right.replace("Volume 1:", "Volume -1:"), 21, /manifest.*number/],
  [
    "with the hash of another",
    (right) => right.replace(/SHA1 \w+/, `SHA1 ${"0".repeat(40)}`),
    21,
    /vol1\.difftar is not what the manifest says: SHA1 is [0-9a-f]{40}, expected 0{40}/,
  ],
  ["cut off in a hash", (right) => right.slice(0, -20), 21, /vol2\.difftar.*manifest says|manifest.*line/],
  ["one line without end", () => "x".repeat(3_000_000), 21, /manifest.*longer than/],
  ["with a volume that is not there", (right) => right + volumeBlock(3, Buffer.from("x")), 21, /(volume 3|vol3).*missing/],
];

describe("a wrong manifest: exit 21, nothing is written", () => {
  const volumes = [tar([ROOT, file("a")]), tar([file("b")])];

  it.each(MANIFESTS)("%s", async (_, change, code, message) => {
    const box = makeBox();
    forgeSet(box.target, volumes, change);
    const outcome = await box.restore(STOP);
    expectRefusal(outcome, code, message);
    expect(filesBelow(box.restored).map((path) => readFileSync(path, "utf8"))).toEqual(
      message.source.includes("vol2") ? ["a\n"] : [],
    );
  });

  it("volumes out of order and listed twice are no harm: that is how a resumed backup leaves it", async () => {
    const box = makeBox();
    const [one, two] = volumes.map((bytes, index) => volumeBlock(index + 1, bytes));
    forgeSet(
      box.target,
      volumes,
      () => `Volume 2:\n    StartingPath   .\n    EndingPath     z\n    Hash SHA1 ${"0".repeat(40)}\n${one}${two}`,
    );
    expectDone(await box.restore(STOP));
    expect(readdirSync(box.restored)).toEqual(["a", "b"]);
  });

  it("a volume that the manifest does not name is told, and not used: exit 3", async () => {
    const box = makeBox();
    forgeSet(box.target, volumes);
    writeFileSync(join(box.target, volumeName(7)), "left over");
    const outcome = await box.restore(STOP);
    expect(outcome.stderr).toMatch(/vol7\.difftar: at the target, but not in the manifest of the set, and not used/);
    expect(outcome.code).toBe(3);
    expect(readdirSync(box.restored)).toEqual(["a", "b"]);
  });

  it("foreign files do not matter", async () => {
    const box = makeBox();
    forgeSet(box.target, volumes);
    for (const name of [
      "README",
      "duplicity-full.nonsense.vol1.difftar",
      ".doppel-0123.tmp",
      `${MANIFEST}.bak`,
      "duplicity-full.20260101T000000Z.vol1.difftar.part",
    ]) {
      writeFileSync(join(box.target, name), "foreign");
    }
    mkdirSync(join(box.target, "duplicity-full.20260202T000000Z.manifest"));
    expectDone(await box.restore(STOP));
    expect(readdirSync(box.restored)).toEqual(["a", "b"]);
  });

  it("without a manifest the set is not offered, and that is said", async () => {
    const box = makeBox();
    forgeSet(box.target, volumes);
    rmSync(join(box.target, MANIFEST));
    for (const command of ["list", "recipe"])
      expectRefusal(await box.doppel([command, "target"]), 20, /no complete backup; 1 unfinished backup there has no manifest/);
    expectRefusal(await box.restore(STOP), 20, /no complete backup; 1 unfinished backup there has no manifest/);
    expect(existsSync(box.restored)).toBe(false);
    expect(expectDone(await box.doppel(["status", "target"])).stdout).toMatch(/incomplete|unfinished/i);
  });

  it("two manifests for one set are a conflict", async () => {
    const box = makeBox();
    forgeSet(box.target, volumes);
    writeFileSync(join(box.target, `${MANIFEST}.gpg`), "another");
    const outcome = await box.restore(STOP);
    expectRefusal(outcome, 21, new RegExp(`${MANIFEST}.*${MANIFEST}\\.gpg|${MANIFEST}\\.gpg.*${MANIFEST}`));
    expect(existsSync(box.restored)).toBe(false);
    expect((await box.doppel(["status", "target"])).stdout).toContain(`${MANIFEST}.gpg`);
  });

  it("two files for one volume are a conflict", async () => {
    const box = makeBox();
    forgeSet(box.target, volumes);
    writeFileSync(join(box.target, `${volumeName(1)}.gz`), "another");
    expectRefusal(await box.restore(STOP), 21, new RegExp(`${volumeName(1)}`));
    expect(existsSync(box.restored)).toBe(false);
  });

  it("a set of the future is restored when there is no other: a clock was wrong", async () => {
    const box = makeBox();
    forgeSet(box.target, volumes);
    for (const name of readdirSync(box.target))
      renameSync(join(box.target, name), join(box.target, name.replace(SET_TIME, "20990101T000000Z")));
    expectDone(await box.restore(STOP));
    expect(readdirSync(box.restored)).toEqual(["a", "b"]);
  });

  it("a directory in place of a volume is as good as none", async () => {
    const box = makeBox();
    forgeSet(box.target, volumes);
    rmSync(join(box.target, volumeName(2)));
    mkdirSync(join(box.target, volumeName(2)));
    expectRefusal(await box.restore(STOP), 21, /vol(ume )?2.*missing/);
    expect(existsSync(box.restored)).toBe(false);
  });
});
