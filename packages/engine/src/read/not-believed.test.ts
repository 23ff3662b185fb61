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

// Found by seeded mutations of chains.
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
});
