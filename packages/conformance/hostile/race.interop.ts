import { spawn } from "node:child_process";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot, randomContent } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { dir, file, forgeSet, ROOT, tar } from "../badinput/forged-set.ts";
import { makeYard } from "./yard.ts";

/** What the enemy runs: puts a link in the place of the folder, and the folder back, as often as the system lets it. */
const SWAP = `
  const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
  for (let n = 0; ; n++) {
    for (const step of [() => renameSync("d", "away"), () => symlinkSync("../outside", "d"), () => unlinkSync("d"), () => renameSync("away", "d")])
      try { step(); } catch {}
  }`;
const NOBODY = 65_534;

describe.runIf(isRoot)("somebody who exchanges a folder of his for a link while root restores over it", () => {
  // From 32 MiB on files are written in threads.
  it.each([
    ["one thread", 300, 1000],
    ["threads", 600, 60_000],
  ])("gets nothing written elsewhere: %s", async (_, count, size) => {
    const names = Array.from({ length: count }, (_, n) => `d/${String(n).padStart(4, "0")}`);
    const theirs = { uid: NOBODY, mode: 0o777 };
    const entries = [
      { ...ROOT, ...theirs },
      { ...dir("d"), ...theirs },
      ...names.map((name) => ({ ...file(name), content: randomContent(name, size), uid: NOBODY })),
      file("z"),
    ];
    const yard = makeYard(({ target, restored }) => {
      forgeSet(target, [tar(entries)]);
      mkdirSync(join(restored, "d"), { recursive: true });
      for (const folder of [restored, join(restored, "d")]) chownSync(folder, NOBODY, NOBODY);
      writeFileSync(join(restored, "d/theirs"), "theirs");
    });
    const enemy = spawn(process.execPath, ["-e", SWAP], { cwd: yard.restored, uid: NOBODY, gid: NOBODY, stdio: "ignore" });
    try {
      for (let turn = 0; turn < 3; turn++)
        expect([0, 3, 20, 21]).toContain((await yard.attack(["--force", "--threads", "2", "--numeric-owner"])).code);
    } finally {
      const gone = new Promise((resolve) => enemy.once("close", resolve));
      enemy.kill("SIGKILL");
      await gone;
    }
    yard.expectUntouched();
  });
});
