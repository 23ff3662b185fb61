import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeTree, scanTree } from "@doppel/testkit";
import { differencesFrom } from "./differences.ts";
import { disturbShortly } from "./faults.ts";
import { type Point, utc } from "./ledger.ts";
import { mustEnd, type World } from "./world.ts";

/** Restores a point in time and compares all of it. @throws Error when it differs */
export async function restore(world: World, point: Point, by: "doppel" | "stock" = "doppel"): Promise<void> {
  const { place, seal, dice, machine } = world;
  const out = freshFolder(world);
  const args = ["-t", `${point.time}`, ...seal.reading, place.url, out];
  if (place.bucket && by === "doppel" && dice.chance(0.15)) {
    world.counts.add("faults injected");
    disturbShortly(place.bucket, dice);
  }
  const archive = dice.chance(0.7) ? world.path("no archive") : machine.archive;
  const ended =
    by === "stock"
      ? await world.stock!.restore(point.time, out)
      : await machine.run("restore", args, { env: seal.readingEnv, archive });
  mustEnd(`restoring ${utc(point.time)} by ${by}`, ended, [0]);
  place.bucket?.clearFaults();
  const found = scanTree(out);
  world.counts.add("restores compared");
  world.counts.add("files compared", found.length);
  judge(world, differencesFrom(point.trees, found), `${utc(point.time)} restored by ${by}`);
}

/** Restores one file of a point whose state is known exactly. */
export async function restoreFile(world: World, point: Point): Promise<void> {
  const { place, seal, dice, machine } = world;
  // Arguments are text, so that names that are not cannot be asked for.
  const files = point.trees[0]!.filter(({ type, path }) => type === "file" && /^[\w./-]+$/.test(path));
  if (point.trees.length > 1 || files.length === 0) return;
  const { path, sha256, mode, mtime } = dice.pick(files);
  const out = freshFolder(world);
  mkdirSync(out);
  const args = ["-t", `${point.time}`, "--path-to-restore", path, ...seal.reading, place.url, join(out, "one")];
  const ended = await machine.run("restore", args, { env: seal.readingEnv });
  mustEnd(`restoring ${path} of ${utc(point.time)}`, ended, [0]);
  const [, found] = scanTree(out);
  world.counts.add("files compared");
  const isSame = found?.sha256 === sha256 && found?.mode === mode && found?.mtime === mtime;
  judge(world, isSame ? [] : [`${path}: ${JSON.stringify(found)}`], `one file of ${utc(point.time)}`);
}

/** `check` finds nothing wrong; `verify` finds the newest backup as the source is, when it was made of that. */
export async function check(world: World): Promise<void> {
  const { place, seal, machine, tree } = world;
  const options = { env: seal.readingEnv };
  const checked = await machine.run("check", [...seal.reading, place.url], options);
  // What an interrupted run left is a warning, and so is what another machine has taken the place of.
  mustEnd("check", checked, (await world.hasLooseEnds()) && checked.text.includes("\n0 problems") ? [0, 3] : [0]);
  const newest = world.ledger.points.at(-1)!;
  const verified = await machine.run("verify", ["--compare-data", ...seal.reading, place.url, machine.source], options);
  const isNow = newest.trees.length === 1 && newest.trees[0] === tree;
  mustEnd("verify", verified, isNow ? [0] : [0, 1]);
  world.counts.add("checks", 2);
}

function freshFolder(world: World): string {
  const out = world.path("out");
  if (existsSync(out)) removeTree(out);
  return out;
}

function judge(world: World, differences: readonly string[], what: string): void {
  world.counts.add("differences", differences.length);
  if (differences.length === 0) return;
  world.counts.add("silent losses");
  throw new Error(`${what} differs in ${differences.length} entries:\n  ${differences.slice(0, 20).join("\n  ")}`);
}
