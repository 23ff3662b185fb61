import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, randomContent, run, stockDuplicity, tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { type MadeEntry, openTarget } from "../index.ts";

const MIB = 2 ** 20;
const PIECE = 4 * MIB;
const SIZES = [
  0,
  1,
  511,
  512,
  65_535,
  65_536,
  65_537,
  131_072,
  1_024_000,
  PIECE - 1,
  PIECE,
  PIECE + 1,
  2 * PIECE,
  2 * PIECE + 65_536,
];
const EARLY = new Date("2020-01-01Z");
const LATE = new Date("2021-01-01Z");

/** What each file holds, first and then: a part is another, something is put in, and the end is gone or longer. */
function contents(): readonly (readonly [Buffer, Buffer])[] {
  return SIZES.map((size) => {
    const before = randomContent(`stream ${size}`, size);
    const at = Math.floor(size / 3);
    const after = Buffer.concat([
      before.subarray(0, at),
      Buffer.from("put in"),
      before.subarray(at + 100, size - 10),
      Buffer.from("end"),
    ]);
    return [before, after];
  });
}

async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const lent = Buffer.alloc(70_000);
  for (let at = 0, size = 1; at < bytes.length; at += size, size = ((size * 7) % 69_997) + 1) {
    // What is lent may be used again: only a copy lasts.
    bytes.copy(lent, 0, at, at + size);
    yield lent.subarray(0, Math.min(size, bytes.length - at));
    lent.fill(0xaa);
  }
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describeInterop(["duplicity", "tar"], "files that exist only as streams", () => {
  it.each([
    ["200 MiB", 200 * MIB],
    ["1 MiB", MIB],
    ["64 KiB, of stock's pieces", 65_536],
  ])("of every size are restored by doppel, stock duplicity and tar, in volumes of %s", async (_, volumeBytes) => {
    const dir = tempDir();
    const all = contents();
    await using target = await openTarget(`file://${dir}/target`);
    const times: Date[] = [];
    for (const state of [0, 1] as const) {
      const mtime = [EARLY, LATE][state]!;
      const entries: MadeEntry[] = SIZES.map((size, n) => ({
        path: `size-${size}`,
        content: () => inChunks(all[n]![state]),
        mtime,
      }));
      const options = { encryption: "none", volumeBytes, hostname: "streams" } as const;
      times.push((await target.backupEntries(entries, options)).set.id.end);
      await new Promise((resolve) => setTimeout(resolve, 1100)); // a set is named by its second
    }
    using stock = stockDuplicity();
    for (const state of [0, 1] as const) {
      const [ours, theirs] = [join(dir, `ours-${state}`), join(dir, `theirs-${state}`)];
      await target.restore(ours, { time: times[state]! });
      const at = String(times[state]!.getTime() / 1000);
      const { code } = await stock.run(["restore", "--no-encryption", "--time", at, `file://${dir}/target`, theirs]);
      expect(code).toBe(0);
      for (const [n, size] of SIZES.entries()) {
        const expected = digest(all[n]![state]);
        const name = `size-${size}`;
        expect([name, digest(readFileSync(join(ours, name))), digest(readFileSync(join(theirs, name)))]).toEqual([
          name,
          expected,
          expected,
        ]);
        expect((await target.stat(name, { time: times[state]! }))?.size).toBe(all[n]![state].length);
      }
    }
    // Stock finds nothing that has changed since: signatures are what it would have made.
    const again = await stock.run([
      "incremental",
      "--no-encryption",
      "--dry-run",
      "--allow-source-mismatch",
      join(dir, "theirs-1"),
      `file://${dir}/target`,
    ]);
    expect(again.stdout.toString()).toMatch(/^DeltaEntries 0$/m);

    mkdirSync(join(dir, "tar"));
    const volumes = `ls duplicity-full.*.difftar.gz | sort -V | while read v; do tar xzf $v -C ../tar; done; cd ../tar; cat $(ls -v multivol_snapshot/size-${2 * PIECE}/*)`;
    const { stdout } = await run("bash", ["-c", volumes], { cwd: join(dir, "target") });
    expect(digest(stdout)).toBe(digest(all[SIZES.indexOf(2 * PIECE)]![0]));
  });
});
