import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markIn, temporaryName } from "@doppel/base";
import { tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { removeTemporaries } from "./leftovers.ts";
import { processMaker } from "./maker.ts";

const maker = processMaker("host")!;
const [machine, kernel, list] = maker.mark.split(".");
const random = { bytes: (n: number) => Buffer.alloc(n, 1) };
const NOW = new Date();
const LONG_AGO = new Date(0);

function markOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const began = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]).toString(36);
  return [machine, kernel, list, pid.toString(36), began].join(".");
}

/** One that has ended. */
async function deadMark(): Promise<string> {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  const mark = markOf(child.pid!);
  expect(maker.isGone(mark, NOW)).toBe(false);
  child.kill();
  await once(child, "close");
  return mark;
}

describe("the maker of a temporary file", () => {
  it("is told from its name, and not from names that only look alike", () => {
    const name = temporaryName(".doppel-restore-", { random, maker });
    expect(markIn(`${name}-17`)).toBe(maker.mark);
    expect(markIn(temporaryName("doppel-drill-", { random, maker }))).toBe(maker.mark);
    for (const other of [
      temporaryName(".doppel-", { random }),
      `x${name}`,
      ".doppel-restore--1",
      "",
      ".doppel-unfinished.journal",
    ]) {
      expect(markIn(other)).toBeUndefined();
    }
  });

  it("lives when it is this process or another one, and is gone when that has ended or its number is somebody else's", async () => {
    expect(maker.mark).toBe(markOf(process.pid));
    expect(maker.isGone(maker.mark, NOW)).toBe(false);
    expect(maker.isGone(await deadMark(), NOW)).toBe(true);
    expect(maker.isGone([machine, kernel, list, process.pid.toString(36), "1"].join("."), NOW)).toBe(true);
  });

  it("counts as alive when it cannot be seen", async () => {
    const [, , , pid, began] = (await deadMark()).split(".");
    for (const unseen of [
      ["00000000", kernel, list, pid, began], // another machine
      [machine, kernel, "1", pid, began], // another container
      [machine, "00000000", list, pid, began], // another machine of our name, or an earlier start: but its file has just changed
    ]) {
      expect(maker.isGone(unseen.join("."), NOW), unseen.join(".")).toBe(false);
    }
    for (const nonsense of ["", "x", "....", `${machine}.${kernel}`]) expect(maker.isGone(nonsense, NOW)).toBe(false);
  });

  it("is gone when its machine was started anew since", async () => {
    const [, , , pid, began] = (await deadMark()).split(".");
    expect(maker.isGone([machine, "00000000", list, pid, began].join("."), LONG_AGO)).toBe(true);
  });
});

describe("a folder for temporary files", () => {
  it("loses what dead processes have left there, and nothing else", async () => {
    const folder = tempDir();
    const dead = await deadMark();
    const kept = [
      `doppel-drill-${maker.mark}-00`, // ours
      `doppel-drill-${dead.replace(/^./, "x")}-00`,
      `.doppel-restore-${dead}-00`, // of a restore, to wherever
      `my-doppel-drill-${dead}-00`,
    ];
    for (const name of [...kept, `doppel-drill-${dead}-00`, `.doppel-${dead}-00`]) mkdirSync(join(folder, name), { mode: 0o700 });
    writeFileSync(join(folder, `doppel-drill-${dead}-00`, "plain"), "text");
    writeFileSync(join(folder, "precious"), "text");
    symlinkSync("..", join(folder, `doppel-drill-${dead}-00`, "out"));
    mkdirSync(join(folder, `doppel-drill-${dead}-01`), { mode: 0o755 }); // open to others: not as we make them
    symlinkSync("precious", join(folder, `doppel-drill-${dead}-02`));
    await removeTemporaries(folder, maker);
    const left = [...kept, `doppel-drill-${dead}-01`, `doppel-drill-${dead}-02`, "precious"];
    expect(readdirSync(folder).toSorted()).toEqual(left.toSorted());
    await removeTemporaries(join(folder, "none"), maker);
  });
});
