import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, isRoot, materialise, randomContent, scanTree, type TreeSpec } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type Box, expectDone, expectRefusal, makeBox, type StartOptions } from "./box.ts";
import { describeFullDisks, mountTmpfs } from "./tmpfs.ts";

const PLAIN = ["--no-encryption"];
const asNobody: StartOptions = { asNobody: true };

describe("a source that cannot be backed up: exit 13, nothing written", () => {
  it("does not exist", async () => {
    const box = makeBox();
    expectRefusal(
      await box.doppel(["full", ...PLAIN, "absent", "target"]),
      13,
      /source absent does not exist; nothing was backed up/,
    );
    expect(existsSync(box.target)).toBe(false);
  });

  it("is below a file", async () => {
    const box = makeBox();
    expectRefusal(await box.doppel(["full", ...PLAIN, "source/one/x", "target"]), 13, /source source\/one\/x does not exist/);
    expect(existsSync(box.target)).toBe(false);
  });

  it.runIf(isRoot)("may not be read", async () => {
    const box = makeBox();
    chmodSync(box.path, 0o777);
    chmodSync(box.source, 0o700);
    const outcome = await box.full(PLAIN, asNobody);
    expectRefusal(outcome, 13, /source .*\/source cannot be read \(EACCES\); nothing was backed up\. Run as a user/);
    expect(box.left()).toEqual([]);
  });

  it("is a socket", async () => {
    const box = makeBox();
    materialise([{ path: "socket" as TreeSpec["path"], type: "socket" }], box.archive);
    const outcome = await box.doppel(["full", ...PLAIN, "--archive-dir", "home", "archive/socket", "target"]);
    expectRefusal(outcome, 13, /archive\/socket.*socket/);
    expect(existsSync(box.target)).toBe(false);
  });
});

describe("a place that cannot be written to", () => {
  it("target is a file", async () => {
    const box = makeBox();
    writeFileSync(box.target, "precious\n");
    expectRefusal(await box.full(), 23, /\/target.*not a directory/);
    expect(box.left()).toEqual(["target"]);
  });

  it("target below a file", async () => {
    const box = makeBox();
    const outcome = await box.doppel(["full", ...PLAIN, "--archive-dir", "archive", "source", "source/one/target"]);
    expectRefusal(outcome, 23, /source\/one\/target.*not a directory/);
    expect(box.left()).toEqual([]);
  });

  it("target in a missing parent is made", async () => {
    const box = makeBox();
    expectDone(await box.doppel(["full", ...PLAIN, "--archive-dir", "archive", "source", "a/b/c"]));
    expectDone(await box.doppel(["restore", "a/b/c", "restored"]));
  });

  it.runIf(isRoot)("target that may not be written", async () => {
    const box = makeBox();
    mkdirSync(box.target);
    expectRefusal(await box.full(PLAIN, asNobody), 51, /cannot store duplicity-full\.\S+ in .*\/target: permission denied/);
    expect(box.left()).toEqual([]);
  });

  it.runIf(isRoot)("target that may not be made", async () => {
    const box = makeBox();
    expectRefusal(await box.full(PLAIN, asNobody), 51, /\/target: permission denied/);
    expect(box.left()).toEqual([]);
  });

  it.runIf(isRoot)("target that may not be read", async () => {
    const box = makeBox();
    mkdirSync(box.target);
    chmodSync(box.target, 0o700);
    for (const command of ["status", "list", "recipe"]) {
      expectRefusal(await box.doppel([command, "target"], asNobody), 51, /\/target: permission denied/);
    }
    expectRefusal(await box.restore([], asNobody), 51, /\/target: permission denied/);
    expect(existsSync(box.restored)).toBe(false);
  });

  it("archive directory is a file: a full backup is made all the same, and says what it lacks", async () => {
    const box = makeBox();
    const outcome = await box.full(["--archive-dir", join(box.source, "one"), ...PLAIN]);
    expect(outcome.stderr).toMatch(/archive directory .*\/source\/one.* cannot be created.*--archive-dir.*does not need it/);
    expect(outcome.code).toBe(3);
    expectDone(await box.restore());
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });

  it("archive directory is a file: an increment cannot be", async () => {
    const box = makeBox();
    expectDone(await box.full(PLAIN));
    const before = box.left();
    const outcome = await box.doppel(["incremental", ...PLAIN, "--archive-dir", join(box.source, "one"), "source", "target"]);
    expectRefusal(outcome, 9, /archive directory .*\/source\/one.* cannot be created.*--archive-dir/);
    expect(box.left()).toEqual(before);
  });

  it.runIf(isRoot)("archive directory that may not be written", async () => {
    const box = makeBox();
    chmodSync(box.path, 0o777);
    chmodSync(box.archive, 0o755);
    const outcome = await box.full(PLAIN, asNobody);
    expect(outcome.stderr).toMatch(/archive directory .*\/archive.* \(EACCES\); choose another with --archive-dir/);
    expect(outcome.code).toBe(3);
    expectDone(await box.restore());
  });

  it.each(["absent", "source/one"])("temporary directory %s", async (path) => {
    const box = makeBox();
    expectRefusal(await box.full(["--tempdir", path, ...PLAIN]), 35, /--tempdir \S+ is not a folder that can be written to/);
    expect(box.left()).toEqual([]);
  });
});

describe("reading what is not there", () => {
  it.each(["status", "list", "recipe"])("%s", async (command) => {
    const box = makeBox();
    expectRefusal(await box.doppel([command, "target"]), 52, /\/target: it does not exist/);
    expect(existsSync(box.target)).toBe(false);
    mkdirSync(box.target);
    const outcome = await box.doppel([command, "target"]);
    if (command === "status") expect(expectDone(outcome).stdout).toMatch(/No complete backup at target/);
    else expectRefusal(outcome, 20, /target holds no complete backup/);
  });

  it("restore", async () => {
    const box = makeBox();
    expectRefusal(await box.restore(), 52, /\/target: it does not exist/);
    mkdirSync(box.target);
    writeFileSync(join(box.target, "letter.txt"), "foreign");
    expectRefusal(await box.restore(), 20, /target holds no complete backup/);
    expect(existsSync(box.restored)).toBe(false);
  });
});

describe("a restore target with something in it", () => {
  async function backedUp(): Promise<Box> {
    const box = makeBox();
    expectDone(await box.full());
    return box;
  }

  it("is refused without --force, and taken with it", async () => {
    const box = await backedUp();
    mkdirSync(box.restored);
    writeFileSync(join(box.restored, "one"), "other");
    writeFileSync(join(box.restored, "mine"), "mine");
    expectRefusal(await box.restore(), 11, /restored exists and is not an empty directory; .*--force/);
    expect(readdirSync(box.restored)).toEqual(["mine", "one"]);
    expectDone(await box.restore(["--force"]));
    expect(readdirSync(box.restored)).toEqual(["mine", "one", "three", "two"]);
  });

  it("is refused when it is a file, also before the backup is looked at", async () => {
    const box = makeBox();
    writeFileSync(box.restored, "mine");
    expectRefusal(await box.restore(), 11, /restored exists and is not an empty directory/);
  });

  it("is taken when it is empty, or a link to an empty directory", async () => {
    const box = await backedUp();
    mkdirSync(join(box.path, "real"));
    symlinkSync("real", box.restored);
    expectDone(await box.restore());
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(join(box.path, "real")))).toEqual([]);
  });

  it.runIf(isRoot)("that may not be written: exit 20", async () => {
    const box = await backedUp();
    expectRefusal(await box.restore([], asNobody), 20, /restored.*EACCES|EACCES.*restored/);
    mkdirSync(box.restored);
    expectRefusal(await box.restore([], asNobody), 20, /restored.*EACCES|EACCES.*restored/);
    expect(readdirSync(box.restored)).toEqual([]);
  });
});

describeFullDisks("a full disk", () => {
  function bigSource(box: Box): void {
    writeFileSync(join(box.source, "big"), randomContent("full disk", 6_000_000));
  }

  it("target: exit 53 and nothing but whole volumes, which nobody takes for a backup", async () => {
    const box = makeBox();
    bigSource(box);
    mountTmpfs(box.target, "2m");
    expectRefusal(
      await box.full(["--volsize", "1", ...PLAIN]),
      53,
      /duplicity-full\.\S+\.vol2\.difftar\.gz in .*\/target: no space is left/,
    );
    const left = box.left().map((path) => path.replace(/\d{8}T\d{6}Z/, "TIME").replace(/archive\/\w+/, "archive/NAME"));
    // With room again, the next run goes on from there.
    expect(left.sort()).toEqual([
      "archive/NAME/.doppel-unfinished.journal",
      "archive/NAME/.doppel-unfinished.signatures",
      "target/duplicity-full.TIME.vol1.difftar.gz",
    ]);
    expectRefusal(await box.restore(), 20, /no complete backup; 1 unfinished backup/);
    expect(existsSync(box.restored)).toBe(false);
    expect(expectDone(await box.doppel(["status", "target"])).stdout).toMatch(/[Ii]ncomplete|unfinished/);
  });

  it("temporary directory: none is needed for large volumes of a local target", async () => {
    const box = makeBox();
    writeFileSync(join(box.source, "big"), randomContent("full temp", 40_000_000));
    const small = join(box.path, "small");
    mountTmpfs(small, "2m");
    expectDone(await box.full(["--tempdir", small, ...PLAIN])); // they grow where they will be
    expectDone(await box.restore(["--tempdir", small])); // and are read where they are
    expect(readdirSync(small)).toEqual([]);
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });

  it("archive directory: exit 3, and the backup at the target is complete and sound", async () => {
    const box = makeBox();
    bigSource(box);
    const small = join(box.path, "small");
    mountTmpfs(small, "16k");
    const outcome = await box.full(["--archive-dir", small, ...PLAIN]);
    expect(outcome.stderr).toMatch(/archive directory .*\/small.*ENOSPC/);
    expect(outcome.code).toBe(3);
    expectDone(await box.doppel(["status", "target"]));
    expectDone(await box.restore());
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });

  it("restore target: exit 20, the file is named, nothing unfinished carries a final name", async () => {
    const box = makeBox();
    bigSource(box);
    expectDone(await box.full());
    mountTmpfs(box.restored, "2m");
    expectRefusal(await box.restore(), 20, /restored\/big.*(no space|ENOSPC)/);
    expect(readdirSync(box.restored)).toEqual([]);
  });

  it("restore's temporary directory: exit 35", async () => {
    const box = makeBox();
    writeFileSync(join(box.source, "big"), randomContent("full temp", 30_000_000));
    expectDone(await box.full());
    const small = join(box.path, "small");
    mountTmpfs(small, "2m");
    expectRefusal(await box.restore(["--tempdir", small]), 35, /temporary directory .*\/small is full/);
    expect(existsSync(box.restored) ? readdirSync(box.restored) : []).toEqual([]);
  });
});
