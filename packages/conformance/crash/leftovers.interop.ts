import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { CrashBench, FS_HOOK, KILL_AT_LINK } from "../src/crash-bench.ts";
import { folderTarget } from "../src/crash-targets.ts";
import { hashesBelow } from "../src/hashes.ts";

const hidden = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.startsWith("."));

/** A backup that is killed as soon as it has left something behind, so many operations later. */
async function killedWhileStoring(
  bench: CrashBench,
  folder: string,
  more: Readonly<Record<string, string>> = {},
  from = 10,
): Promise<number> {
  for (let number = from; ; number++) {
    await bench.reset();
    const hook = { CRASH_PLACES: JSON.stringify([folder]), CRASH_AT: `${number}`, CRASH_WHEN: "before", ...more };
    expect(await bench.hooked(bench.backupArgs("full"), {}, hook)).toBe(true);
    if (hidden(folder).some((name) => name.endsWith(more["CRASH_NO_LINKS"] ? ".reserved" : ".partial"))) return number;
  }
}

describe("what killed runs leave", () => {
  it("at a folder is removed by the next backup, and nothing else is", async () => {
    const target = folderTarget();
    await using bench = await CrashBench.open(target);
    await killedWhileStoring(bench, target.folder);
    const [left = ""] = hidden(target.folder);
    // Of others: another version's, another machine's, another container's, of a process that lives, and what only looks alike.
    const [, mark = ""] = /^\.doppel-(.*)-[0-9a-f]{16}\.partial$/.exec(left) ?? [];
    const [machine, kernel, list] = mark.split(".");
    const began = Number(readFileSync("/proc/self/stat", "latin1").replace(/.*\) /, "").split(" ")[19]).toString(36);
    const others = [
      ".doppel-0123456789abcdef.partial",
      `.doppel-ffffffff.${kernel}.${list}.1.1-0123456789abcdef.partial`,
      `.doppel-${machine}.${kernel}.1.1.1-0123456789abcdef.partial`,
      `.doppel-${machine}.${kernel}.${list}.${process.pid.toString(36)}.${began}-0123456789abcdef.partial`,
      `.doppel-${machine}.00000000.${list}.1.1-0123456789abcdef.partial`, // of an earlier start, but written just now: a twin's
      `.${left.slice(1)}.txt`,
    ];
    for (const name of others) writeFileSync(join(target.folder, name), "not yours");
    await bench.expectSound(false);
    expect(hidden(target.folder).toSorted()).toEqual(others.toSorted());
    expect(bench.leftovers()).toEqual([]);
  });

  it.each([false, true])(
    "where there are no hard links keeps nobody from storing the same name again (marked: %s)",
    async (later) => {
      const target = folderTarget();
      await using bench = await CrashBench.open(target);
      const first = await killedWhileStoring(bench, target.folder, { CRASH_NO_LINKS: "1" });
      if (later) await killedWhileStoring(bench, target.folder, { CRASH_NO_LINKS: "1" }, first + 3);
      const hook = { CRASH_PLACES: JSON.stringify([target.folder]), CRASH_NO_LINKS: "1" };
      expect(await bench.started(bench.backupArgs("backup"), hook, FS_HOOK).ended).toBe(0);
      expect(hidden(target.folder)).toEqual([]);
      await bench.expectPoint(1, 1.5);
    },
  );

  it.runIf(isRoot && takesAppendOnly())(
    "at a folder that may only be added to stays, and the next backup goes on beside it",
    async () => {
      const target = folderTarget();
      await using bench = await CrashBench.open(target);
      await killedWhileStoring(bench, target.folder);
      execFileSync("chattr", ["+a", target.folder]);
      try {
        const before = hashesBelow(target.folder);
        await bench.expectSound(false);
        const after = hashesBelow(target.folder);
        expect(Object.entries(before).filter(([name, digest]) => after[name] !== digest)).toEqual([]);
      } finally {
        execFileSync("chattr", ["-a", target.folder]);
      }
    },
  );

  it("in a restored tree is removed when it is restored over, and files of others are not", async () => {
    const target = folderTarget();
    await using bench = await CrashBench.open(target);
    await bench.reset();
    bench.expectDone(await bench.run(bench.backupArgs("full")));
    const out = bench.path("restored");
    const args = [...bench.readingArgs("restore"), out];
    expect(await bench.started(args, bench.readingEnv, KILL_AT_LINK).ended).toBeNull();
    const left = readdirSync(out).filter((name) => name.startsWith(".doppel-restore-"));
    expect(left.length).toBeGreaterThan(0);
    const foreign = ".doppel-restore-ffffffff.00000000.1.1.1-0123456789abcdef-1";
    writeFileSync(join(out, foreign), "not yours");
    bench.expectDone(await bench.run([...args, "--force"], bench.readingEnv));
    expect(readdirSync(out).filter((name) => name.startsWith("."))).toEqual([foreign]);
  });

  it("for temporary files: nothing while it runs; of a drill, plain text that the next run removes", async () => {
    const target = folderTarget();
    await using bench = await CrashBench.open(target);
    const { child, ended } = bench.started([...bench.readingArgs("drill"), "--files", "3"], bench.readingEnv);
    const found = (): string | undefined => readdirSync(bench.temporary).find((name) => name.startsWith("doppel-drill-"));
    while (found() === undefined && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill("SIGKILL");
    await ended;
    const left = found();
    expect(left).toBeDefined();
    writeFileSync(join(bench.temporary, left!, "plain"), "text");
    const living = spawn("sleep", ["60"], { stdio: "ignore" });
    try {
      const mark = left!.slice("doppel-drill-".length).split(".");
      const stat = readFileSync(`/proc/${living.pid}/stat`, "latin1");
      const began = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]).toString(36);
      const other = `doppel-drill-${[...mark.slice(0, 3), living.pid!.toString(36), began].join(".")}-0123456789abcdef`;
      mkdirSync(join(bench.temporary, other), { mode: 0o700 });
      bench.expectDone(await bench.run(bench.readingArgs("list"), bench.readingEnv));
      expect(existsSync(join(bench.temporary, left!))).toBe(false);
      expect(readdirSync(bench.temporary)).toEqual([other]);
    } finally {
      living.kill();
      await once(living, "close");
    }
  });
});

/** Whether the file system of /tmp knows the attribute, and we may set it. */
function takesAppendOnly(): boolean {
  const target = folderTarget();
  mkdirSync(target.folder);
  const done = spawnSync("chattr", ["+a", target.folder]).status === 0;
  if (done) spawnSync("chattr", ["-a", target.folder]);
  void target[Symbol.asyncDispose]();
  return done;
}
