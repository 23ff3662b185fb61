import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareTrees, describeInterop, isRoot, type RunResult, scanTree, tempDir } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MixedChain, noticeable } from "../src/chain.ts";
import { history } from "../src/edits.ts";
import { doppel } from "../src/program.ts";

const ENVELOPE = ["--no-encryption"];
/** The last point has almost nothing left that could be lost. */
const POINTS = 7;

let chain: MixedChain;
beforeAll(async () => {
  chain = new MixedChain({ envelope: ENVELOPE, sharedArchive: false });
  const trees = noticeable(history().map(({ tree }) => tree));
  for (const [index, tree] of trees.slice(0, POINTS).entries()) {
    chain.become(tree);
    await chain.backup(index % 2 === 0 ? "stock" : "doppel", ["--volsize", "1"]);
  }
});
afterAll(() => chain[Symbol.dispose]());

/** What the notices of a run name, as raw bytes. */
function named(result: RunResult, reason: string): string[] {
  const events = result.stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>);
  const found = events.filter((event) => event["type"] === "notice" && event["reason"] === reason);
  return found.map(({ path, pathB64 }) =>
    Buffer.from(pathB64 ?? path!, pathB64 === undefined ? "utf8" : "base64").toString("latin1"),
  );
}

/** With nothing but the target. */
const run = (args: readonly string[]) => doppel([...args, ...ENVELOPE, "--json", "--archive-dir", join(tempDir(), "cold")]);

/** The points that the volume can matter to: that of its set, and the last one. */
function pointsOf(volume: string): number[] {
  const ends = [...new Set(readdirSync(chain.target).flatMap((name) => /(\d{8}T\d{6}Z)\.manifest$/.exec(name)?.[1] ?? []))];
  const point = ends.sort().findIndex((end) => volume.includes(`${end}.vol`));
  return [...new Set([point, POINTS - 1])];
}

describeInterop(["duplicity"], "a chain by duplicity and doppel of which one volume is lost", () => {
  it("gives back everything else exactly as it was, and names the rest: each volume in turn, missing or damaged", async () => {
    const volumes = readdirSync(chain.target)
      .filter((name) => name.includes(".difftar"))
      .sort();
    expect(volumes.length).toBeGreaterThan(POINTS + 3);
    let lost = 0;
    for (const [index, volume] of volumes.entries()) {
      const place = join(chain.target, volume);
      const bytes = readFileSync(place);
      if (index % 2 === 0) renameSync(place, chain.place("away"));
      else writeFileSync(place, Buffer.concat([bytes.subarray(0, bytes.length >> 1), bytes.subarray((bytes.length >> 1) + 1)]));
      for (const point of pointsOf(volume)) {
        const out = join(tempDir(), "out");
        const result = await run(["restore", "-t", `${chain.timeAfter(point)}`, `file://${chain.target}`, out]);
        const what = `point ${point} without ${volume}: ${result.stderr.toString()}`;
        expect(result.code, what).toBe(3);
        expect(result.stdout.toString(), what).toContain(`${volume} is `);
        expect(named(result, "uncertain"), what).toEqual([]);
        const without = new Set(named(result, "lost"));
        const expected = chain.expected(point);
        for (const path of without) expect(expected.find((entry) => entry.path === path)?.type, `${what}: ${path}`).toBe("file");
        const rest = expected.filter(({ path }) => !without.has(path));
        expect(compareTrees(rest, scanTree(out), { ignoreOwner: !isRoot }), what).toEqual([]);
        lost += without.size;
        rmSync(out, { recursive: true });
      }
      writeFileSync(place, bytes);
    }
    expect(lost).toBeGreaterThan(volumes.length);
  }, 600_000);
});
