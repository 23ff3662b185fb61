import { availableParallelism } from "node:os";
import { onCores, runAlone } from "./child.ts";
import { folderMegabytes, type Ground, heedSignals } from "./ground.ts";
import { describeMachine } from "./machine.ts";
import { binaryOf } from "./programs.ts";
import { plainVolumes } from "./run-stages.ts";
import type { ScalingPoint, ScalingSection } from "./results.ts";
import { measure } from "./measure.ts";

const THREADS = [1, 2, 4, 8];
const LEVELS = [6, 1];

/** Full backups, and their compression alone, with as many threads as cores; and with fewer threads than there are cores. */
export async function runScaling(ground: Ground, rounds: number): Promise<ScalingSection> {
  const date = new Date().toISOString();
  const all = availableParallelism();
  const plain = plainVolumes(ground);
  const points: { readonly point: ScalingPoint; readonly seconds: number[]; readonly run: () => number }[] = [];
  for (const threads of THREADS.filter((count) => count <= all)) {
    for (const cores of new Set([threads, all])) {
      for (const level of LEVELS) {
        const add = (what: string, run: () => number): void => {
          const seconds: number[] = [];
          points.push({ point: { what: `${what}, level ${level}`, threads, cores, seconds }, seconds, run });
        };
        add("full backup", () => fullOn(ground, cores, level, threads));
        add("compression", () => runAlone(["compress", plain, level, threads], ground.env, cores).seconds);
      }
    }
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { point, seconds, run } of points) {
      await heedSignals();
      seconds.push(run());
      const { what, threads, cores } = point;
      console.log(`round ${round}  ${what}, ${threads} threads on ${cores} cores: ${seconds.at(-1)!.toFixed(2)} s`);
    }
    ground.endPair();
  }
  const results = points.map(({ point }) => point);
  return { date, machine: describeMachine(), sourceMegabytes: folderMegabytes(ground.corpus), results };
}

function fullOn(ground: Ground, cores: number, level: number, threads: number): number {
  const [folder, cache] = [ground.fresh("scaling"), ground.fresh("cache")];
  const options = ["--encrypt-key", ground.key, "--compress-level", `${level}`, "--threads", `${threads}`];
  const [command, ...args] = onCores(cores, [binaryOf("doppel"), "full", ...options, ground.corpus, `file://${folder}`]);
  const { wallSeconds } = measure(command, args, { ...ground.env, XDG_CACHE_HOME: cache });
  for (const path of [folder, cache]) ground.removeAfterPair(path);
  return wallSeconds;
}
