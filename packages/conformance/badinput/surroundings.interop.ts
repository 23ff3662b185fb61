import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, isRoot, makeAwkwardTree, run, scanTree } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { cleanEnv, DOPPEL } from "../src/program.ts";
import { type Box, expectDone, jsonLines, makeBox } from "./box.ts";

/** A source with many files, backed up without encryption. */
async function withManyFiles(): Promise<Box> {
  const box = makeBox();
  for (let i = 0; i < 5000; i++) writeFileSync(join(box.source, `a-rather-long-name-of-a-file-to-fill-the-pipe-with-${i}`), "");
  expectDone(await box.full());
  return box;
}

const shell = (box: Box, script: string) =>
  run("bash", ["-c", script], {
    cwd: box.path,
    env: cleanEnv({ D: DOPPEL, N: process.execPath, HOME: box.path, TMPDIR: box.temp }),
  });

describe("whoever reads the output goes away", () => {
  it("list | head -1: quiet, and stopped as by SIGPIPE", async () => {
    const box = await withManyFiles();
    const { stdout, stderr, code } = await shell(box, "$N $D list target | head -1; exit ${PIPESTATUS[0]}");
    expect(stdout.toString()).toMatch(/^.* \.\n$/);
    expect(stderr.toString()).toBe("");
    expect(code).toBe(141);
  });

  it("full | true: the backup is finished all the same", async () => {
    const box = makeBox();
    const { stderr, code } = await shell(
      box,
      "$N $D full --no-encryption --archive-dir archive source target | true; exit ${PIPESTATUS[0]}",
    );
    expect({ code, stderr: stderr.toString() }).toEqual({ code: 0, stderr: "" });
    expectDone(await box.restore());
  });

  it("standard streams that are closed from the beginning", async () => {
    const box = makeBox();
    const { code } = await shell(box, "exec $N $D full --no-encryption --archive-dir archive source target <&- >&- 2>&-");
    expect(code).toBe(0);
    expectDone(await box.restore());
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
    const refused = await shell(box, "exec $N $D full --no-encryption absent target <&- >&- 2>&-");
    expect(refused.code).toBe(13);
  });

  it("a full disk behind the output is no bug of ours", async () => {
    const box = makeBox();
    const { code, stderr } = await shell(box, "exec $N $D full --no-encryption --archive-dir archive source target > /dev/full");
    expect(stderr.toString()).not.toMatch(/\bbug\b/);
    expect(code).not.toBe(30);
    expectDone(await box.restore());
  });
});

describe("odd environments store and restore the same", () => {
  const ENVIRONMENTS: [string, Record<string, string | undefined>][] = [
    ["no HOME", { HOME: undefined }],
    ["HOME not there", { HOME: "/proc/nonexistent" }],
    ["an odd time zone", { TZ: "Asia/Kathmandu" }],
    ["a time zone that does not exist", { TZ: "Nowhere/Atall" }],
    ["no locale, no PATH", { LANG: undefined, LC_ALL: "C", PATH: undefined }],
    ["a narrow terminal", { COLUMNS: "40", LINES: "1" }],
    ["a terminal without a name", { TERM: undefined, NO_COLOR: "1" }],
    ["TMPDIR not there", { TMPDIR: "/nonexistent/tmp" }],
  ];

  it.each(ENVIRONMENTS)("%s", async (_, env) => {
    const box = makeBox();
    writeFileSync(Buffer.concat([Buffer.from(`${box.source}/latin1-`), Buffer.from([0xe9])]), "not UTF-8\n");
    expectDone(await box.full(["--no-encryption", "--progress"], { env }));
    expect(
      readdirSync(box.target).every((name) => /Z\.(vol1\.difftar\.gz|manifest|index\.gz|sigtar\.gz|receipt)$/.test(name)),
    ).toBe(true);
    expectDone(await box.doppel(["status", "target"], { env }));
    expect(expectDone(await box.doppel(["list", "target"], { env })).stdout).toContain("latin1-");
    expectDone(await box.restore(["--progress"], { env }));
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });

  it("no HOME and no --archive-dir", async () => {
    const box = makeBox();
    const env = { HOME: undefined, XDG_CACHE_HOME: join(box.path, "cache") };
    expectDone(await box.doppel(["full", "--no-encryption", "source", "target"], { env }));
    expect(existsSync(join(box.path, "cache/duplicity"))).toBe(true);
  });

  it("help and errors fit 40 columns or stay one line", async () => {
    const box = makeBox();
    const help = expectDone(await box.doppel(["help", "full"], { env: { COLUMNS: "40" } }));
    expect(help.stdout).toContain("--encrypt-key");
  });

  it.each(["077", "000", "777"])("umask %s changes nothing of what is stored and restored", async (umask) => {
    const box = makeBox();
    if (umask === "777" && !isRoot) return;
    makeAwkwardTree(((dir) => (mkdirSync(dir), dir))(join(box.source, "awkward")));
    const { code, stderr } = await shell(
      box,
      `umask ${umask}; $N $D full --no-encryption --archive-dir archive source target >/dev/null && $N $D restore --no-encryption target restored`,
    );
    expect(code, stderr.toString()).toBe(0);
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored), { ignoreOwner: !isRoot })).toEqual([]);
    if (umask === "077")
      for (const name of readdirSync(box.target)) expect(statSync(join(box.target, name)).mode & 0o077).toBe(0);
  });
});

describe("--log-format json", () => {
  const RUNS: [string, string, number, string][] = [
    ["full --no-encryption source target", "result", 0, "backup"],
    ["full --no-encryption absent target", "error", 13, "source.missing"],
    ["full --encrypt-key DEADBEEF source target", "error", 31, "openpgp.key-not-found"],
    ["full --no-encryption --unknown source target", "error", 2, "cli.usage"],
    ["full --no-encryption source s9://x", "error", 23, "storage.unknown-scheme"],
    ["restore absent restored", "error", 52, "storage.not-found"],
    ["restore archive restored", "error", 20, "collection.empty"],
    ["restore --time never archive restored", "error", 2, "format.bad-time"],
    ["restore archive source", "error", 11, "restore.target-exists"],
    ["status archive", "result", 0, "status"],
  ];

  it.each(RUNS)("%s: ends with one %s", async (line, type, code, what) => {
    const box = makeBox();
    const [command = "", ...rest] = line.split(" ");
    const outcome = await box.doppel([command, "--log-format", "json", "--archive-dir", "home", ...rest]);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toBe("");
    const lines = jsonLines(outcome.stdout);
    expect(lines.filter((each) => each.type === type)).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject(
      type === "error"
        ? { type, code: what, exit: code, message: expect.any(String), data: expect.any(Object) }
        : { type, kind: what },
    );
  });

  it("every line of a long backup with everything awkward parses, and names bytes that are no text", async () => {
    const box = makeBox();
    makeAwkwardTree(((dir) => (mkdirSync(dir), dir))(join(box.source, "awkward")));
    const full = await box.full(["--no-encryption", "-v9", "--log-format", "json", "--volsize", "1"]);
    const lines = jsonLines(full.stdout);
    expect(full.code).toBe(0);
    expect(lines.some((line) => typeof line["pathB64"] === "string")).toBe(true);
    expect(lines.filter((line) => line.type === "volume.stored").length).toBeGreaterThan(3);
    const list = await box.doppel(["list", "--log-format", "json", "--archive-dir", "archive", "target"]);
    expect(jsonLines(list.stdout).length).toBeGreaterThan(100);
    expect(jsonLines((await box.restore(["-v9", "--log-format", "json"])).stdout).at(-1)).toMatchObject({
      type: "result",
      kind: "restore",
    });
  });
});
