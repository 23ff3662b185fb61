import { DISTURBANCES, undisturbed } from "./backups.ts";
import { LostBackup } from "./ledger.ts";
import { check, restore, restoreFile } from "./reading.ts";
import { tidy } from "./tidying.ts";
import { World, type WorldOptions } from "./world.ts";

export interface SoakOptions extends WorldOptions {
  readonly cycles: number;
  /** Is given a line for each cycle. */
  readonly say: (line: string) => void;
}

/** What a soak at one place came to; `failure` names seed and cycle, so that it can be run again. */
export interface SoakReport {
  readonly place: string;
  readonly seal: string;
  readonly seed: number;
  readonly byStock: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly endings: Readonly<Record<string, number>>;
  /** Points in time that were kept, and restored by everybody at the end. */
  readonly kept: number;
  readonly seconds: number;
  readonly failure?: string;
}

/** How often what happens to the first backup of a night. */
const WEIGHTS: Readonly<Record<string, number>> = {
  nothing: 40,
  killed: 22,
  "fault at the target": 10,
  "archive directory lost": 4,
  "damaged copy": 6,
  "two at once": 4,
  "two machines": 4,
  "a second later": 4,
  "clock a day back": 2,
  "stock duplicity": 6,
};

/** So many nights at one place, and everything that is kept restored at the end. Stops at the first thing that should not be. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { cycles, seed, place, seal, say } = options;
  const began = performance.now();
  const world = new World(options);
  let doing = "the beginning";
  let failure: string | undefined;
  try {
    for (let cycle = 1; cycle <= cycles; cycle++) {
      doing = `cycle ${cycle}`;
      const start = performance.now();
      await night(world, cycle);
      world.counts.add("cycles");
      const points = world.ledger.points.length;
      const took = ((performance.now() - start) / 1000).toFixed(1);
      say(`${place.name} ${cycle}/${cycles}: ${world.told.join("; ")}; ${points} points kept, ${took} s`);
    }
    doing = `the end, after cycle ${cycles}`;
    for (const point of world.ledger.points) {
      await restore(world, point);
      if (world.stock) await restore(world, point, "stock");
    }
  } catch (error) {
    failure = `${place.name}, seed ${seed}, ${doing} (${world.told.join("; ")}): ${(error as Error).message}`;
    if (error instanceof LostBackup) world.counts.add("silent losses");
    say(`${place.name}: stopped in ${doing}`);
  }
  return {
    place: place.name,
    seal,
    seed,
    byStock: world.stock !== undefined,
    counts: world.counts.asJson,
    endings: world.counts.endings,
    kept: world.ledger.points.length,
    seconds: Math.round((performance.now() - began) / 1000),
    ...(failure !== undefined && { failure }),
  };
}

async function night(world: World, cycle: number): Promise<void> {
  world.begin(cycle);
  const { dice, ledger } = world;
  const what = cycle === 1 ? "nothing" : dice.weighed(WEIGHTS);
  const before = ledger.points.length;
  const disturb = DISTURBANCES[what];
  await (disturb ? disturb(world) : undisturbed(world));
  const isStored = ledger.points.length > before;
  if (!isStored && (dice.chance(0.6) || ledger.points.length === 0)) {
    if (dice.chance(0.4)) world.edit();
    await undisturbed(world, { kind: "backup" });
  }
  if (dice.chance(0.22)) await tidy(world);
  const { points } = ledger;
  for (let left = 1 + dice.below(2); left > 0; left--)
    await restore(world, dice.chance(0.4) ? points.at(-1)! : dice.pick(points));
  if (dice.chance(0.15)) await restoreFile(world, dice.pick(points));
  if (dice.chance(0.08)) await check(world);
}
