import { join } from "node:path";
import { z } from "zod";
import { readJson, writeJson } from "./files.ts";

/** How one test restore went. */
const drillRun = z.object({
  time: z.iso.datetime(),
  ok: z.boolean(),
  files: z.number(),
  bytes: z.number(),
  seconds: z.number(),
  bytesPerSecond: z.number(),
  /** The backup that was restored from. */
  set: z.iso.datetime(),
  /** One line each. */
  problems: z.array(z.string()),
});
export type DrillRun = z.output<typeof drillRun>;

const drills = z.object({ v: z.literal(1), runs: z.array(drillRun) });

/** Runs that are kept. */
const KEPT = 100;

/** Adds a run to what is known of a profile's drills. `state` is the monitor's folder, which is made if need be. */
export async function recordDrill(state: string, name: string, run: DrillRun): Promise<void> {
  const runs = [...(await readDrills(state, name)), run].slice(-KEPT);
  await writeJson(fileOf(state, name), { v: 1, runs });
}

/** Oldest first; none when there were none, or when the file is damaged: `warn` is told that, as a line. */
export async function readDrills(state: string, name: string, warn?: (text: string) => void): Promise<readonly DrillRun[]> {
  const path = fileOf(state, name);
  const { value, problem } = await readJson(path);
  if (value === undefined && problem === undefined) return [];
  const runs = drills.safeParse(value).data?.runs;
  if (runs === undefined) warn?.(`${problem ?? `${path} is damaged`}: the test restores that it told of are forgotten`);
  return runs ?? [];
}

function fileOf(state: string, name: string): string {
  return join(state, "drills", `${encodeURIComponent(name)}.json`);
}
