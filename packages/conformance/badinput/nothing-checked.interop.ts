import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectDone, expectRefusal, makeBox } from "./box.ts";

/** Each reads a target and could find nothing wrong with nothing. */
const READERS = [["check"], ["check", "--without-key"], ["audit"]] as const;

describe("where there is nothing, nothing is called sound", () => {
  it("an empty target, one that was emptied, and another prefix: exit 20, and status tells what was there", async () => {
    const box = makeBox();
    mkdirSync(box.target);
    const places = ["--archive-dir", box.archive];
    for (const reader of READERS)
      expectRefusal(
        await box.doppel([...reader, ...places, box.target]),
        20,
        /target holds no backup; check the URL, --file-prefix, and whether its disk is mounted\n/,
      );
    const status = ["status", ...places, box.target];
    expect(expectDone(await box.doppel(status)).stderr).toBe("");

    expectDone(await box.full());
    for (const reader of READERS) {
      expectDone(await box.doppel([...reader, ...places, box.target]));
      const said = await box.doppel([...reader, ...places, "--file-prefix", "typo-", box.target]);
      expectRefusal(said, 20, /target holds no backup, though the archive directory .*, under names without a prefix; check/);
    }
    expect(expectDone(await box.doppel(status)).stderr).toBe("");

    for (const name of readdirSync(box.target)) rmSync(join(box.target, name));
    const gone = /target holds no backup, though the archive directory .* has the manifest of one of \d{8}T\d{6}Z; check/;
    for (const reader of READERS) expectRefusal(await box.doppel([...reader, ...places, box.target]), 20, gone);
    const told = await box.doppel(status);
    expect(told.stderr).toMatch(gone);
    expect(told.code).toBe(3);
  });
});

describe("what would look at nothing is refused", () => {
  it.each([
    [["check", "--without-key", "--sign-key", "ABCD1234"], /--without-key cannot stand beside --sign-key: signatures are inside/],
    [["audit", "--sign-key", "ABCD1234"], /--sign-key/],
    [["check", "--sample", "0"], /--sample 0 reads no object/],
    [["check", "--sample", "0%"], /--sample 0 reads no object/],
    [["check", "--sample", "0.0%"], /--sample 0 reads no object/],
  ])("doppel %s", async (args, message) => {
    expectRefusal(await makeBox().doppel([...args, "target"]), 2, message);
  });
});
