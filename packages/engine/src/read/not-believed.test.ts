import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import { isRoot, randomContent, type TreeSpec } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Bench } from "../backup/test-support.ts";

const file = (path: string, size: number, mode = 0o644): TreeSpec => ({
  path: pathFromText(path),
  type: "file",
  content: randomContent(path, size),
  mtime: 1_600_000_000,
  mode,
});
const PLAIN = { kind: "plain" } as const;
const nameWith = (bench: Bench, ...parts: readonly string[]): string =>
  [...bench.target.objects.keys()].find((name) => parts.every((part) => name.includes(part)))!;

// Both were found by the seeded mutations of chains.
describe("one path of a chain that is damaged", () => {
  it("a part of a volume is proven by its digest also where a later increment has no index", async () => {
    using bench = new Bench();
    bench.become([file("d/f", 60_000)]);
    expect((await bench.backup({}, { envelope: PLAIN })).error).toBeUndefined();
    bench.become([file("d/f", 60_000, 0o600)]);
    expect((await bench.backup({ kind: "inc" }, { envelope: PLAIN })).error).toBeUndefined();
    bench.target.objects.delete(nameWith(bench, "-inc.", ".index"));
    const one = { path: pathFromText("d"), restoreOwner: isRoot };
    expect((await bench.restored(undefined, undefined, one))[1]).toMatchObject({ size: 60_000, mode: 0o600 });

    const volume = nameWith(bench, "-full.", ".vol1.");
    const bytes = Buffer.from(bench.target.objects.get(volume)!);
    const at = bytes.indexOf(randomContent("d/f", 60_000).subarray(30_000, 30_020));
    bytes[at]! ^= 1;
    bench.target.objects.set(volume, bytes);
    await expect(bench.restored(undefined, undefined, one)).rejects.toMatchObject({ code: "volume.damaged" });
  });

  it("a copy of another backup's manifest does not choose the volumes", async () => {
    using bench = new Bench();
    bench.become([file("a/big", 200_000), file("b/small", 10)]);
    expect((await bench.backup({}, { envelope: PLAIN })).error).toBeUndefined();
    const name = nameWith(bench, "-full.", ".manifest");
    const copy = join(bench.archiveDir, name);
    const lines = readFileSync(copy, "latin1").replaceAll(/(SHA\d+) +[0-9a-f]{4}/g, "$1 0000");
    const one = { path: pathFromText("b"), useIndex: false, keepGoing: true };
    // With the bounds of this backup a wrong hash is made up for.
    writeFileSync(copy, lines, "latin1");
    expect((await bench.restored(undefined, undefined, one, bench.archiveDir))[1]).toMatchObject({ size: 10 });
    writeFileSync(copy, lines.replaceAll(/(StartingPath +|EndingPath +)b/g, "$1a"), "latin1");
    await expect(bench.restored(undefined, undefined, one, bench.archiveDir)).rejects.toMatchObject({
      code: "format.bad-manifest",
      message: expect.stringContaining("delete this copy"),
    });
  });
});
