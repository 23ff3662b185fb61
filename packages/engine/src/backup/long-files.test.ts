import { pathFromText } from "@doppel/base";
import { randomContent, type TreeSpec } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Bench } from "./test-support.ts";

const file = (path: string, content: Uint8Array, mtime: number): TreeSpec => ({
  path: pathFromText(path),
  type: "file",
  content,
  mtime,
});

/** Blocks of 512 bytes, of which the window holds 2048: 1 MiB of a file. Its quarter is what is read at a time. */
const JOB = { maxBlockBytes: 512, signatureWindowBytes: 2048 * 12, volumeBytes: 8 << 20 };
const OLD = randomContent("long", 3_500_000);
const TREE = [file("a", randomContent("a", 3000), 1), file("long", OLD, 1), file("z", randomContent("z", 90_000), 1)];

function changedTo(long: Uint8Array): TreeSpec[] {
  return [TREE[0]!, file("long", long, 2), file("z", Buffer.concat([randomContent("z", 90_000), Buffer.from("more")]), 2)];
}

describe("the increment of a file whose signature is longer than the window", () => {
  const edited = Buffer.concat([Buffer.from("inserted"), OLD]);
  for (let at = 100_000; at < edited.length; at += 500_000) edited.fill(7, at, at + 20);
  const files: readonly (readonly [string, Uint8Array, number, number])[] = [
    ["is small where little has changed", edited, 0, 40_000],
    ["goes on behind it when the file has become short", OLD.subarray(300_000, 500_000), 0, 2000],
    ["has as new what has moved further", Buffer.concat([randomContent("new", 1_200_000), OLD]), 3_000_000, 4_700_000],
  ];
  it.each(files)("%s", async (_, content, least, most) => {
    using bench = new Bench();
    bench.become(TREE);
    expect((await bench.backup({ kind: "full", ...JOB })).error).toBeUndefined();
    bench.become(changedTo(content));
    const { report } = await bench.backup({ kind: "inc", ...JOB });
    expect(report?.statistics.rawDeltaSize).toBeGreaterThanOrEqual(least);
    expect(report?.statistics.rawDeltaSize).toBeLessThan(most);
    expect(report?.statistics.changedFiles).toBe(2);
    expect(await bench.differences()).toEqual([]);
    bench.become(changedTo(Buffer.concat([content, OLD.subarray(0, 5)])).map((spec) => ({ ...spec, mtime: 3 })));
    expect((await bench.backup({ kind: "inc", ...JOB })).error).toBeUndefined();
    expect(await bench.differences()).toEqual([]);
  });

  it("is gone on with when it was interrupted", async () => {
    using bench = new Bench();
    bench.become(TREE);
    await bench.backup({ kind: "full", ...JOB });
    bench.become(
      changedTo(Buffer.concat([OLD.subarray(0, 2_000_000), randomContent("new", 3_000_000), OLD.subarray(2_000_000)])),
    );
    const job = { kind: "inc", ...JOB, volumeBytes: 1 << 20 } as const;
    expect((await bench.backup({ ...job, sabotage: { failAfterVolume: 2 } })).error).toBeDefined();
    const { events, error } = await bench.backup(job);
    expect(error).toBeUndefined();
    expect(events.find(({ type }) => type === "run.resumed")).toBeDefined();
    expect(await bench.differences()).toEqual([]);
  });
});
