import { linkSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ground } from "../ground.ts";
import { measure } from "../measure.ts";
import { binaryOf } from "../programs.ts";
import type { Run, Side } from "../results.ts";
import { figures, type Job, programOf } from "./job.ts";

const CHAINS = 20;
const SETS_PER_CHAIN = 50;
const DAY = 86_400;
const BEGIN = 1_600_000_000;

/** `doppel status` beside stock's `collection-status` of the same 1,000 sets in a folder, each with its archive directory filled. */
export function statusJob(ground: Ground): Job {
  const made = (): { readonly work: string; readonly target: string } =>
    ground.once("sets", () => {
      const work = ground.fresh("status");
      const target = join(work, "target");
      mkdirSync(work);
      makeSets(work, target);
      return { work, target };
    });
  const run = (side: Side): Run => {
    const { work, target } = made();
    const command = side === "doppel" ? "status" : "collection-status";
    const args = [command, "--no-encryption", "--archive-dir", join(work, `archive-${side}`), `file://${target}`];
    return figures(measure(binaryOf(programOf(side)), args, { ...ground.env, HOME: work }));
  };
  return {
    id: "status",
    name: `status of ${CHAINS * SETS_PER_CHAIN} sets (${CHAINS} chains)`,
    peer: "duplicity",
    needs: ["duplicity"],
    bounds: [{ of: "speed", limit: 1 }],
    prepare() {
      for (const side of ["doppel", "peer"] as const) ground.once(`archive ${side}`, () => run(side)); // stock copies the metadata first
    },
    run,
  };
}

/** One full set and one increment are made; all others are these under other times. */
function makeSets(work: string, target: string): void {
  const [source, model] = [join(work, "source"), join(work, "model")];
  mkdirSync(source);
  mkdirSync(target);
  for (const [kind, at] of [["full", BEGIN] as const, ["incremental", BEGIN + DAY] as const]) {
    writeFileSync(join(source, kind), kind);
    const options = ["--no-encryption", "--archive-dir", join(work, "archive-model"), "--current-time", `${at}`];
    measure(binaryOf("doppel"), [kind, ...options, source, `file://${model}`], process.env);
  }
  const names = readdirSync(model);
  for (let set = 0; set < CHAINS * SETS_PER_CHAIN; set++) {
    const [from, to] = [timeText(BEGIN), timeText(BEGIN + DAY)];
    const end = BEGIN + set * DAY;
    for (const name of names) {
      const isFull = name.startsWith("duplicity-full");
      if (isFull !== (set % SETS_PER_CHAIN === 0)) continue;
      const renamed = isFull
        ? name.replace(from, timeText(end))
        : name.replace(`${from}.to.${to}`, `${timeText(end - DAY)}.to.${timeText(end)}`);
      linkSync(join(model, name), join(target, renamed));
    }
  }
}

function timeText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().replace(/[-:]|\.\d+/g, "")}`;
}
