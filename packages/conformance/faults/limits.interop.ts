import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, describeInterop, randomContent, run, scanTree, stockDuplicity } from "@doppel/testkit";
import { expect, it } from "vitest";
import { type Box, expectDone, expectRefusal, makeBox, type Outcome } from "../badinput/box.ts";
import { describeFullDisks, mountTmpfs } from "../badinput/tmpfs.ts";
import { cleanEnv, DOPPEL } from "../src/program.ts";

const PLAIN = ["--no-encryption", "--no-compression"];

async function limited(box: Box, limit: string, args: readonly string[]): Promise<Outcome> {
  const env = cleanEnv({ HOME: join(box.path, "home"), TMPDIR: box.temp });
  const { code, stdout, stderr } = await run("prlimit", [limit, process.execPath, DOPPEL, ...args], { cwd: box.path, env });
  return { code, stdout: stdout.toString(), stderr: stderr.toString() };
}

describeInterop(["prlimit"], "what the system allows a process", () => {
  it("few descriptors: as many as node itself needs are enough for any tree", async () => {
    const box = makeBox();
    for (let folder = 0; folder < 40; folder++) {
      const path = join(box.source, `d${folder}`, "e", "f", "g", "h", "i", "j", "k");
      mkdirSync(path, { recursive: true });
      for (let i = 0; i < 20; i++) writeFileSync(join(path, `f${i}`), `${i}`);
    }
    expectDone(await limited(box, "--nofile=64", ["full", ...PLAIN, "--archive-dir", box.archive, "source", "target"]));
    expectDone(await limited(box, "--nofile=64", ["verify", "--compare-data", "target", "source"]));
    expectDone(await limited(box, "--nofile=64", ["restore", "target", "restored"]));
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });

  it("fewer than node needs: it does not begin, exit 1, and nothing is there", async () => {
    const box = makeBox();
    const { code } = await limited(box, "--nofile=24", ["full", ...PLAIN, "--archive-dir", box.archive, "source", "target"]);
    expect(code).toBe(1);
    expect(box.left()).toEqual([]);
  });

  it("files that may not grow: exit 50 and no volume; a restored file is named, and the others are there", async () => {
    const box = makeBox();
    writeFileSync(join(box.source, "large"), randomContent("limit", 3_000_000));
    const args = ["full", ...PLAIN, "--archive-dir", box.archive, "source", "target"];
    expectRefusal(await limited(box, "--fsize=1000000", args), 50, /vol1\.difftar in .*: EFBIG/);
    expect(box.left().filter((path) => path.startsWith("target/"))).toEqual([]);
    expectDone(await box.doppel(args));
    const outcome = await limited(box, "--fsize=1000000", ["restore", "target", "restored"]);
    expect(outcome.stderr).toMatch(/^warning: large: .*EFBIG/m);
    expect(outcome.code).toBe(3);
    expect(readdirSync(box.restored)).toEqual(["one", "three", "two"]);
  });
});

describeFullDisks("an archive directory that is full at the end of a good backup", () => {
  it("exit 3; until there is room an increment is refused with 9 and a full backup made; then it goes on by itself", async () => {
    const box = makeBox();
    for (let i = 0; i < 900; i++) writeFileSync(join(box.source, `file-${i}`), randomContent(`${i}`, 600));
    const small = join(box.path, "small");
    mountTmpfs(small, "24k");
    const backup = (kind: string): Promise<Outcome> => box.doppel([kind, ...PLAIN, "--archive-dir", small, "source", "target"]);
    const full = await backup("full");
    expect(full.stderr).toMatch(/archive directory .*\/small.*ENOSPC.*The backup itself does not need it/);
    expect(full.code).toBe(3);
    const before = readdirSync(box.target);
    writeFileSync(join(box.source, "one"), "changed\n");
    utimesSync(join(box.source, "one"), 1_700_000_000, 1_700_000_000);
    for (const kind of ["incremental", "backup"])
      expectRefusal(await backup(kind), 9, /archive directory .*\/small.*ENOSPC.*--archive-dir/);
    expect(readdirSync(box.target)).toEqual(before);
    expect((await run("mount", ["-o", "remount,size=4m", small])).code).toBe(0);
    expectDone(await backup("incremental"));
    expectDone(await box.restore());
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });

  it("duplicity: a full target ends it with stock's code, and leaves what stock can clean up", async () => {
    const box = makeBox();
    writeFileSync(join(box.source, "large"), randomContent("full", 6_000_000));
    mountTmpfs(box.target, "2m");
    const program = join(DOPPEL, "../duplicity");
    const env = cleanEnv({ HOME: join(box.path, "home"), TMPDIR: box.temp });
    const args = [
      "full",
      "--no-encryption",
      "--volsize",
      "1",
      "--num-retries",
      "1",
      "--archive-dir",
      box.archive,
      box.source,
      `file://${box.target}`,
    ];
    const { code, stderr } = await run(process.execPath, [program, ...args], { env });
    expect(code, stderr.toString()).toBe(53);
    expect(existsSync(box.restored)).toBe(false);
    if ((await run("sh", ["-c", "command -v /usr/bin/duplicity"])).code !== 0) return;
    using stock = stockDuplicity();
    const cleaned = await stock.run(["cleanup", "--force", "--no-encryption", `file://${box.target}`]);
    expect(cleaned.code, cleaned.stderr.toString()).toBe(0);
    expect(readdirSync(box.target)).toEqual([]);
  });
});
