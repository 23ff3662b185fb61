import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, describeInterop, isRoot, randomContent, scanTree, stockDuplicity } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type Box, expectDone, jsonLines, makeBox, type Outcome } from "./box.ts";

const MB = 1 << 20;

/** Backs up without encryption into volumes of 1 MB, and does something once, when the first volume has been stored. */
async function backUpWhile(box: Box, meanwhile: () => void): Promise<Outcome> {
  let done = false;
  const outcome = await box.full(["--no-encryption", "--no-compression", "--volsize", "1", "--log-format", "json"], {
    onLine: (line) => {
      if (done || !line.includes('"volume.stored"')) return;
      done = true;
      meanwhile();
    },
  });
  expect(done).toBe(true);
  return outcome;
}

/** Exit 3, and exactly these notices: a regular expression of the path, and one of the detail. */
function expectNotices({ code, stdout, stderr }: Outcome, path: RegExp, detail: RegExp): void {
  const lines = jsonLines(stdout);
  const notices = lines.filter((line) => line.type === "notice" && line["incomplete"] === true);
  expect(code, stderr + stdout.slice(-2000)).toBe(3);
  expect(notices.length).toBeGreaterThan(0);
  for (const notice of notices) {
    expect(notice["path"]).toMatch(path);
    expect(notice["detail"]).toMatch(detail);
  }
  expect(lines.at(-1)).toMatchObject({ type: "result", kind: "backup", incomplete: notices.length });
}

/** Both programs restore it, alike. */
async function restoreWithBoth(box: Box): Promise<void> {
  expectDone(await box.restore());
  using stock = stockDuplicity();
  const other = join(box.path, "by-stock");
  const { code, stderr } = await stock.run(["restore", "--no-encryption", `file://${box.target}`, other]);
  expect(code, stderr.toString()).toBe(0);
  expect(compareTrees(scanTree(other), scanTree(box.restored))).toEqual([]);
}

/** Large enough that most of it is read after the first volume was stored: what is in flight is bounded. */
function slowSource(box: Box, bytes = 96 * MB): string {
  const path = join(box.source, "m-large");
  writeFileSync(path, "");
  truncateSync(path, bytes);
  writeFileSync(join(box.source, "z-last"), "the last file\n");
  return path;
}

describeInterop(["duplicity"], "files that change while they are backed up: exit 3, named, everything else sound", () => {
  it("truncated", async () => {
    const box = makeBox();
    const large = slowSource(box);
    expectNotices(
      await backUpWhile(box, () => truncateSync(large, 100_000)),
      /^m-large$/,
      /became shorter while it was read; it is stored with 100663296 bytes/,
    );
    await restoreWithBoth(box);
    expect(statSync(join(box.restored, "m-large")).size).toBe(96 * MB);
    expect(readFileSync(join(box.restored, "z-last"), "utf8")).toBe("the last file\n");
  });

  it("appended to all the time", async () => {
    const box = makeBox();
    const large = slowSource(box);
    const writer = spawn("sh", ["-c", `while :; do echo line >> '${large}'; done`]);
    try {
      expectNotices(
        await backUpWhile(box, () => appendFileSync(large, "more\n")),
        /^m-large$/,
        /became longer while it was read; its first \d+ bytes are stored/,
      );
    } finally {
      writer.kill("SIGKILL");
    }
    await restoreWithBoth(box);
  });

  it("rewritten in place", async () => {
    const box = makeBox();
    const large = slowSource(box);
    expectNotices(
      await backUpWhile(box, () => writeFileSync(large, randomContent("new", 1000), { flag: "r+" })),
      /^m-large$/,
      /changed while it was read/,
    );
    await restoreWithBoth(box);
  });

  it("removed, with a whole folder, between listing and reading", async () => {
    const box = makeBox();
    slowSource(box);
    const folder = join(box.source, "n-many");
    mkdirSync(folder);
    for (let i = 0; i < 200; i++) writeFileSync(join(folder, `f${i}`), "x");
    writeFileSync(join(box.source, "o-file"), "x");
    const outcome = await backUpWhile(box, () => {
      rmSync(folder, { recursive: true });
      rmSync(join(box.source, "o-file"));
    });
    expectNotices(outcome, /^(n-many|o-file)$/, /gone|vanished/);
    await restoreWithBoth(box);
    expect(readdirSync(box.restored)).toEqual(["m-large", "one", "three", "two", "z-last"]);
  });

  it("replaced by a fifo or a folder", async () => {
    const box = makeBox();
    slowSource(box);
    const [fifo, folder] = [join(box.source, "n-fifo"), join(box.source, "n-folder")];
    for (const path of [fifo, folder]) writeFileSync(path, "a file");
    const outcome = await backUpWhile(box, () => {
      for (const path of [fifo, folder]) rmSync(path);
      spawn("mkfifo", [fifo]);
      mkdirSync(folder);
    });
    // They are listed by name only and looked at later, so that nothing is amiss.
    expect([0, 3]).toContain(outcome.code);
    await restoreWithBoth(box);
  });

  it.runIf(isRoot)("a file and a folder that may not be read", async () => {
    const box = makeBox();
    mkdirSync(join(box.source, "closed"));
    writeFileSync(join(box.source, "closed/inside"), "x");
    for (const name of ["closed", "two"]) chmodSync(join(box.source, name), 0);
    chmodSync(box.path, 0o777);
    const outcome = await box.full(["--no-encryption"], { asNobody: true });
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/^warning: closed: .*EACCES/m);
    expect(outcome.stderr).toMatch(/^warning: two: .*EACCES/m);
    expect(outcome.stderr).toMatch(/^Backup INCOMPLETE: 2 problems$/m);
    await restoreWithBoth(box);
    expect(existsSync(join(box.restored, "one"))).toBe(true);
    expect(existsSync(join(box.restored, "two"))).toBe(false);
  });
});

describe("signals in the middle of a backup", () => {
  const SIGNALS: [NodeJS.Signals, number, RegExp][] = [
    ["SIGINT", 130, /^doppel: stopped by SIGINT: /],
    ["SIGTERM", 143, /^doppel: stopped by SIGTERM: /],
    ["SIGHUP", 129, /^doppel: stopped by SIGHUP: /],
    ["SIGKILL", 137, /^$/],
  ];

  it.each(SIGNALS)("%s: the backup before it stays, the new one is not taken for complete", async (signal, code, message) => {
    const box = makeBox();
    const options = ["--no-encryption", "--no-compression", "--volsize", "1", "-v5"];
    expectDone(await box.full(options));
    const before = [...box.left()];
    const expected = asStored(scanTree(box.source));
    slowSource(box, 300 * MB);
    let sent = false; // a second signal would end it at once, without a word
    const outcome = await box.full(["--current-time", "4000000000", "--log-format", "json", ...options], {
      onLine: (line, child) => {
        if (sent || !line.includes('"volume.stored"')) return;
        sent = child.kill(signal);
      },
    });
    expect(outcome.code).toBe(code);
    if (signal !== "SIGKILL") {
      expect(jsonLines(outcome.stdout).at(-1)).toMatchObject({
        type: "error",
        code: "run.aborted",
        exit: code,
        message: expect.stringMatching(message.source.replace("^doppel: ", "")),
      });
      expect(outcome.stderr).toBe("");
    }
    const after = box.left().filter((path) => !before.includes(path));
    expect(after.length).toBeGreaterThan(0);
    const stray = after.filter((path) => !/^target\/duplicity-full\.\d{8}T\d{6}Z\.vol\d+\.difftar$/.test(path));
    // What the next run goes on with; and of a killed one what it was writing, and a lock that holds nobody up.
    const toGoOn = /^archive\/\w+\/(\.doppel-unfinished\.(journal|signatures)|duplicity-full\.\w+\.manifest\.part)$/;
    const killed = signal === "SIGKILL" ? /\/\.doppel-|\/(doppel\.lock|lockfile)$/ : toGoOn;
    expect(stray.filter((path) => !toGoOn.test(path) && !killed.test(path))).toEqual([]);
    expect(expectDone(await box.doppel(["status", "target"])).stdout).toMatch(/incomplete|unfinished/i);
    expectDone(await box.restore());
    expect(compareTrees(expected, scanTree(box.restored), { ignoreMtime: true })).toEqual([]);
  });

  it("SIGTERM in the middle of a restore: nothing unfinished under a final name, no temporary files", async () => {
    const box = makeBox();
    slowSource(box, 300 * MB);
    expectDone(await box.full(["--no-encryption", "--volsize", "1"]));
    let sent = false;
    const outcome = await box.restore(["-v9", "--log-format", "json"], {
      onLine: (line, child) => {
        if (!sent && /"(progress|volume\.read)"/.test(line)) sent = child.kill("SIGTERM");
      },
    });
    expect(outcome.code).toBe(143);
    expect(jsonLines(outcome.stdout).at(-1)).toMatchObject({ type: "error", code: "run.aborted" });
    expect(filesIn(box.restored)).not.toContain("m-large");
    expect(filesIn(box.restored).filter((name) => name.startsWith("."))).toEqual([]);
    expect(readdirSync(box.temp)).toEqual([]);
  });

  const filesIn = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir) : []);
});
