import { join } from "node:path";
import { type AlertState, NO_ALERTS, parseAlertState } from "./alert-state.ts";
import { type DrillRun, readDrills } from "./drills.ts";
import { readJson, writeJson } from "./files.ts";
import { emptyMemory, type Memory, parseMemory } from "./memory.ts";

/**
 * What the monitor knows between runs: a file per profile, and one of alerts. A damaged file is as good as none, and said so.
 * One run at a time: the caller holds a lock.
 */
export class MonitorState {
  readonly #folder: string;
  readonly #warn: (text: string) => void;

  /** @param folder  absolute; made with the first file; @param warn  told of damaged files, a line each */
  constructor(folder: string, warn: (text: string) => void) {
    this.#folder = folder;
    this.#warn = warn;
  }

  async memory(name: string, now: Date): Promise<Memory> {
    return (await this.#read(this.#profile(name), parseMemory)) ?? emptyMemory(now);
  }

  /** @throws temp.unusable */
  async remember(name: string, memory: Memory): Promise<void> {
    await writeJson(this.#profile(name), memory);
  }

  async alerts(): Promise<AlertState> {
    return (await this.#read(join(this.#folder, "alerts.json"), parseAlertState)) ?? NO_ALERTS;
  }

  /** @throws temp.unusable */
  async saveAlerts(alerts: AlertState): Promise<void> {
    await writeJson(join(this.#folder, "alerts.json"), alerts);
  }

  /** Oldest first. */
  drills(name: string): Promise<readonly DrillRun[]> {
    return readDrills(this.#folder, name, this.#warn);
  }

  #profile(name: string): string {
    return join(this.#folder, "profiles", `${encodeURIComponent(name)}.json`);
  }

  async #read<T>(path: string, parse: (value: unknown) => T | undefined): Promise<T | undefined> {
    const { value, problem } = await readJson(path);
    if (value === undefined && problem === undefined) return undefined;
    const parsed = value === undefined ? undefined : parse(value);
    if (parsed === undefined) this.#warn(`${problem ?? `${path} is damaged`}: what it held is forgotten, and found out anew`);
    return parsed;
  }
}
