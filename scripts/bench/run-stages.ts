import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { runAlone } from "./child.ts";
import { folderMegabytes, type Ground, heedSignals } from "./ground.ts";
import { describeMachine } from "./machine.ts";
import type { StageResult, StagesSection } from "./results.ts";

/** One part of the pipeline; `run` returns the megabytes that went through it, and the seconds that took. */
interface Stage {
  readonly id: string;
  readonly name: string;
  readonly of: StageResult["of"];
  readonly whole?: boolean;
  readonly run: () => { readonly megabytes: number; readonly seconds: number };
}

/** Every stage once in a round, so that what is compared was measured within a minute. */
export async function runStages(ground: Ground, rounds: number): Promise<StagesSection> {
  const date = new Date().toISOString();
  const source = folderMegabytes(ground.corpus);
  const stages = stagesOf(ground, source);
  const seconds = new Map<Stage, number[]>(stages.map((stage) => [stage, []]));
  const passed = new Map<Stage, number>();
  for (let round = 1; round <= rounds; round++) {
    for (const stage of stages) {
      await heedSignals();
      const run = stage.run();
      seconds.get(stage)!.push(run.seconds);
      passed.set(stage, run.megabytes);
      console.log(
        `round ${round}  ${stage.id.padEnd(11)} ${run.seconds.toFixed(2).padStart(7)} s  ${run.megabytes.toFixed(1)} MB`,
      );
    }
    ground.endPair();
  }
  const shown = stages.toSorted((a, b) => Number(a.whole ?? false) - Number(b.whole ?? false));
  const results = shown.map((stage): StageResult => {
    const { run: _, ...described } = stage;
    return { ...described, megabytes: passed.get(stage)!, seconds: seconds.get(stage)! };
  });
  return { date, machine: describeMachine(), sourceMegabytes: source, files: ground.sizes.files, results };
}

function stagesOf(ground: Ground, source: number): readonly Stage[] {
  const cores = availableParallelism();
  const plain = plainVolumes(ground);
  const sealed = ground.target("doppel");
  const rubbish = (name: string): string => {
    const path = ground.fresh(name);
    ground.removeAfterPair(path);
    return path;
  };
  const alone = (of: Stage["of"], id: string, name: string, args: () => readonly (string | number)[]): Stage => ({
    of,
    id,
    name,
    run: () => {
      const { bytes, seconds } = runAlone(args(), ground.env);
      return { megabytes: bytes / 1e6, seconds };
    },
  });
  const compress = (level: number): Stage =>
    alone("backup", `compress-${level}`, `compress, level ${level}, ${cores} threads`, () => ["compress", plain, level, cores]);
  const command = (of: Stage["of"], id: string, name: string, run: () => number): Stage => ({
    of,
    id,
    name,
    run: () => ({ megabytes: source, seconds: run() }),
  });
  const full = (level: number): Stage => ({
    ...command("backup", `full-${level}`, `whole full backup, level ${level}`, () => {
      const { target, wallSeconds } = ground.full("doppel", ["--compress-level", `${level}`]);
      ground.discard(target);
      return wallSeconds;
    }),
    whole: true,
  });
  const restore: Stage = {
    ...command("restore", "restore", "whole restore", () => {
      const args = ["restore", `file://${sealed.folder}`, rubbish("out")];
      return ground.run("doppel", args, sealed.cache).wallSeconds;
    }),
    whole: true,
  };
  return [
    alone("backup", "walk", "walk, lstat", () => ["walk", ground.corpus]),
    alone("backup", "read", "walk, read", () => ["read", ground.corpus]),
    // A dry run is the source worker, whose batches are thrown away.
    command("backup", "source", "walk, read, tar, signatures, SHA-256", () => {
      const args = ["full", "--dry-run", "--encrypt-key", ground.key, ground.corpus, `file://${ground.fresh("nowhere")}`];
      return ground.run("doppel", args).wallSeconds;
    }),
    compress(1),
    compress(6),
    full(6), // these two one after the other: their ratio is what is promised
    full(1),
    compress(9),
    alone("backup", "encrypt", "encrypt", () => ["encrypt", sealed.folder]),
    alone("backup", "hash", "hash of volumes", () => ["hash", sealed.folder]),
    alone("backup", "store", "store in a folder", () => ["store", sealed.folder, `file://${rubbish("stored")}`]),
    alone("restore", "check", "hash, integrity check", () => ["check", sealed.folder]),
    alone("restore", "open", "decrypt, inflate", () => ["open", sealed.folder]),
    alone("restore", "write", "write files, one thread", () => ["write", ground.corpus, rubbish("written")]),
    restore,
  ];
}

/** What is compressed: the tar streams, as a backup without any envelope stores them. The folder they are in. */
export function plainVolumes(ground: Ground): string {
  return ground.once("plain volumes", () => {
    const [folder, cache] = [ground.fresh("plain"), ground.fresh("cache")];
    ground.run("doppel", ["full", "--no-encryption", "--no-compression", ground.corpus, `file://${folder}`], cache);
    rmSync(cache, { recursive: true });
    return folder;
  });
}
