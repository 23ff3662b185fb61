import { join } from "node:path";
import { availableParallelism } from "node:os";
import { measure } from "./measure.ts";
import { TSX } from "./tsx.ts";

const ALONE = join(import.meta.dirname, "stages/alone.ts");

/** What a stage says of itself: the start of Node and the loading of sources are not in it. */
interface Alone {
  readonly bytes: number;
  readonly seconds: number;
}

/** Runs one stage in a process of its own, on the first `cores` cores. @throws Error when it fails */
export function runAlone(args: readonly (string | number)[], env: NodeJS.ProcessEnv, cores = availableParallelism()): Alone {
  const [command, ...rest] = onCores(cores, [process.execPath, ...TSX, ALONE, ...args.map(String)]);
  return JSON.parse(measure(command, rest, env).output) as Alone;
}

/** The command, kept to the first `cores` cores where these are not all. */
export function onCores(cores: number, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return cores >= availableParallelism() ? command : ["taskset", "--cpu-list", `0-${cores - 1}`, ...command];
}
