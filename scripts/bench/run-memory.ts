import { statSync } from "node:fs";
import { join } from "node:path";
import { EDIT_TIMES_BEGIN, editScattered } from "./corpus.ts";
import { CACHE, type Ground, heedSignals, waitASecond } from "./ground.ts";
import { describeMachine } from "./machine.ts";
import { makeHugeFile, makeManyFiles, oneOfMany } from "./memory-trees.ts";
import type { Measurement } from "./measure.ts";
import type { MemoryResult, MemorySection } from "./results.ts";

const SEED = 2;
const EDITS = 300;

/** The largest resident set of each command, on a tree of many files and on one with a huge file. Once each: it hardly varies. */
export async function runMemory(ground: Ground, sizes: { readonly many: number; readonly huge: number }): Promise<MemorySection> {
  const date = new Date().toISOString();
  const many = join(CACHE, `many-${sizes.many}`);
  const huge = join(CACHE, `huge-${sizes.huge}`);
  makeManyFiles(many, sizes.many, SEED);
  makeHugeFile(huge, sizes.huge * 1e9, SEED);
  const results = [
    ...(await commandsOn(ground, `${sizes.many.toLocaleString("en")} files`, many, oneOfMany(sizes.many))),
    ...(await commandsOn(ground, `one file of ${sizes.huge} GB`, huge, "small", () => {
      const file = join(huge, "huge");
      editScattered(file, EDITS, editsBefore(file) + 1);
    })),
  ];
  return { date, machine: describeMachine(), results };
}

/** The file is kept, and so are the edits of earlier runs: its time tells how many there were (`editScattered`). */
function editsBefore(file: string): number {
  return Math.max(0, Math.round(statSync(file).mtimeMs / 1000) - EDIT_TIMES_BEGIN);
}

async function commandsOn(
  ground: Ground,
  tree: string,
  source: string,
  wanted: string,
  change?: () => void,
): Promise<readonly MemoryResult[]> {
  const { target, ...full } = ground.full("doppel", [], undefined, source);
  const url = `file://${target.folder}`;
  const increment = (): Measurement => {
    waitASecond();
    return ground.run("doppel", ["incremental", "--encrypt-key", ground.key, source, url], target.cache);
  };
  const changed = (edit: () => void): Measurement => {
    edit();
    return increment();
  };
  const commands: Readonly<Record<string, () => Measurement>> = {
    full: () => full,
    "list, cold cache": () => ground.run("doppel", ["list", url]),
    "restore one file, cold cache": () =>
      ground.run("doppel", ["restore", "--file-to-restore", wanted, url, ground.fresh("out")]),
    "increment, nothing changed": increment,
    ...(change !== undefined && { [`increment, ${EDITS} edits`]: () => changed(change) }),
  };
  const results: MemoryResult[] = [];
  for (const [command, run] of Object.entries(commands)) {
    await heedSignals();
    const { wallSeconds, cpuSeconds, peakMegabytes } = run();
    results.push({ tree, command, wallSeconds, cpuSeconds, peakMegabytes });
    console.log(`${tree}  ${command.padEnd(30)} ${peakMegabytes.toFixed(0)} MiB RSS, ${wallSeconds.toFixed(1)} s`);
  }
  ground.discard(target);
  return results;
}
