import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, scanTree } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type Box, expectDone, makeBox, type StartOptions } from "../badinput/box.ts";

const OPTIONS = ["--no-encryption", "--no-compression", "--volsize", "1", "--log-format", "json"];

function withLarge(megabytes: number): Box {
  const box = makeBox();
  writeFileSync(join(box.source, "large"), "");
  truncateSync(join(box.source, "large"), megabytes << 20);
  return box;
}

/** Does something once, when the first volume has been stored. */
function atFirstVolume(work: (child: Parameters<NonNullable<StartOptions["onLine"]>>[1]) => void): StartOptions {
  let done = false;
  return {
    onLine: (line, child) => {
      if (done || !line.includes('"volume.stored"')) return;
      done = true;
      work(child);
    },
  };
}

describe("signals", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s twice: it ends at once, and the next run goes on", async (signal, code) => {
    const box = withLarge(300);
    const outcome = await box.full(
      [...OPTIONS, "--current-time", "1790000000"],
      atFirstVolume((child) => {
        child.kill(signal);
        child.kill(signal);
      }),
    );
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).not.toMatch(/\bbug\b/);
    truncateSync(join(box.source, "large"), 1 << 20);
    expectDone(
      await box.doppel(["backup", ...OPTIONS, "--current-time", "1790003600", "--archive-dir", box.archive, "source", "target"]),
    );
    expectDone(await box.restore());
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });

  it("SIGSTOP, and SIGCONT: as if nothing had been", async () => {
    const box = withLarge(40);
    const outcome = await box.full(
      OPTIONS,
      atFirstVolume((child) => {
        child.kill("SIGSTOP");
        setTimeout(() => child.kill("SIGCONT"), 300);
      }),
    );
    expectDone(outcome);
    expectDone(await box.restore());
    expect(compareTrees(asStored(scanTree(box.source)), scanTree(box.restored))).toEqual([]);
  });
});
