import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, openTempDir, run, stockDuplicity } from "@doppel/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";
import { cleanEnv, DOPPEL } from "../src/program.ts";
import { type Choice, choices, makeTree, trees } from "./cases.ts";

/** The documented run: `DOPPEL_SELECTION_RUNS=500 npm test packages/conformance/selection`. */
const RUNS = Number(process.env["DOPPEL_SELECTION_RUNS"] ?? 25);
const SEED = Number(process.env["DOPPEL_SEED"] ?? 2022);
const CASES_PER_TREE = 5;

/** Exit codes that are verdicts on the rules, not accidents. */
const VERDICTS = [14, 15, 16];

describeInterop(["duplicity", "tar"], "stock duplicity chooses the same files", () => {
  it(`for ${RUNS} lists of rules`, { timeout: RUNS * 10_000 + 60_000 }, async () => {
    using stock = stockDuplicity();
    using dir = openTempDir();
    const differences: unknown[] = [];
    let refused = 0;
    const count = Math.ceil(RUNS / CASES_PER_TREE);
    for (const [number, tree] of fc.sample(trees, { seed: SEED, numRuns: count }).entries()) {
      const place = join(dir.path, `tree${number}`);
      makeTree(join(place, "src"), tree);
      for (const choice of fc.sample(choices(tree), { seed: SEED + number, numRuns: CASES_PER_TREE })) {
        for (const [name, text] of Object.entries(choice.lists)) writeFileSync(join(place, name), text);
        const [theirs, ours] = await Promise.all([
          selected(place, "stock", choice, (args) =>
            run("duplicity", [...args, "--archive-dir", stock.archiveDir], { cwd: place, env: cleanEnv({ HOME: place }) }),
          ),
          selected(place, "doppel", choice, (args) =>
            run(process.execPath, [DOPPEL, ...args, "--archive-dir", join(place, "cache")], {
              cwd: place,
              env: cleanEnv({ HOME: place }),
            }),
          ),
        ]);
        if (typeof theirs === "number") refused++;
        if (JSON.stringify(ours) !== JSON.stringify(theirs)) differences.push({ tree, choice, ours, theirs });
      }
      rmSync(place, { recursive: true });
    }
    expect(differences.slice(0, 5)).toEqual([]);
    expect(refused).toBeLessThan(RUNS * 0.8);
  });
});

/** The paths in a full backup, or the exit code of a program that refused the rules. */
async function selected(
  place: string,
  who: string,
  { args }: Choice,
  start: (args: readonly string[]) => ReturnType<typeof run>,
): Promise<readonly string[] | number> {
  const target = join(place, `target-${who}`);
  const { code, stderr } = await start(["full", "--no-encryption", ...args, "src", `file://${target}`]);
  if (VERDICTS.includes(code)) return code;
  if (code !== 0 && code !== 3) throw new Error(`${who} ${JSON.stringify(args)} exits with ${code}: ${stderr.toString()}`);
  const volumes = readdirSync(target).filter((name) => name.endsWith(".difftar.gz"));
  const found: string[] = [];
  for (const volume of volumes) {
    // Escaped, so that a newline in a name is not the end of it.
    const { stdout } = await run("tar", ["-tzf", join(target, volume), "--quoting-style=escape", "--warning=no-unknown-keyword"]);
    found.push(
      ...stdout
        .toString("latin1")
        .split("\n")
        .filter((line) => line !== ""),
    );
  }
  rmSync(target, { recursive: true });
  return found.map((line) => line.replace(/^snapshot\/(\.\/)?/, "").replace(/\/$/, ""));
}
