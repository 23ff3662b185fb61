import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, openTempDir, run, stockDuplicity } from "@doppel/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";
import { cleanEnv, doppel } from "../src/program.ts";
import { choices, makeTree, trees } from "./cases.ts";

/** As many as a minute holds: each path is a run of the program. That explanations are the walk's is a property in packages/tree. */
const RUNS = Number(process.env["DOPPEL_EXPLAIN_RUNS"] ?? 5);
const SEED = Number(process.env["DOPPEL_SEED"] ?? 7);

describeInterop(["duplicity", "tar"], "doppel explain", () => {
  it("says of paths what stock duplicity does with them", { timeout: RUNS * 30_000 + 60_000 }, async () => {
    using stock = stockDuplicity();
    using dir = openTempDir();
    let asked = 0;
    for (const [number, tree] of fc.sample(trees, { seed: SEED, numRuns: RUNS }).entries()) {
      const place = join(dir.path, `tree${number}`);
      makeTree(join(place, "src"), tree);
      const [choice] = fc.sample(choices(tree), { seed: SEED + number, numRuns: 1 });
      for (const [name, text] of Object.entries(choice!.lists)) writeFileSync(join(place, name), text);
      const { args } = choice!;
      const target = join(place, "target");
      const made = await run(
        "duplicity",
        ["full", "--no-encryption", ...args, "src", `file://${target}`, "--archive-dir", stock.archiveDir],
        {
          cwd: place,
          env: cleanEnv({ HOME: place }),
        },
      );
      const plain = tree.map((each) => each.replace(/\/$| -> .*/, "")).filter((path) => /^[\w./ ]+$/.test(path));
      const stored = made.code === 0 ? await storedIn(target) : undefined;
      for (const path of plain.slice(0, 8)) {
        const { code } = await doppel(["explain", `src/${path}`, "src", ...args], { cwd: place });
        const expected = stored === undefined ? made.code : stored.has(path) ? 0 : 1;
        expect(code, JSON.stringify({ path, args, lists: choice!.lists })).toBe(expected);
        asked++;
      }
      rmSync(place, { recursive: true });
    }
    expect(asked).toBeGreaterThan(RUNS * 2);
  });
});

async function storedIn(target: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const volume of readdirSync(target).filter((name) => name.endsWith(".difftar.gz"))) {
    const { stdout } = await run("tar", ["-tzf", join(target, volume), "--quoting-style=escape", "--warning=no-unknown-keyword"]);
    for (const line of stdout.toString("latin1").split("\n"))
      found.add(line.replace(/^snapshot\/(\.\/)?/, "").replace(/\/$/, ""));
  }
  return found;
}
