import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { asStored, materialise, removeTree, scanTree } from "@doppel/testkit";
import { Counts } from "./counts.ts";
import { Dice } from "./dice.ts";
import { Garden } from "./garden.ts";
import { Ledger, type Tree } from "./ledger.ts";
import { type Ended, Machine, type SealName, SEALS } from "./machine.ts";
import type { SoakPlace } from "./places.ts";
import { completeSets, hiddenSets, incompleteSets } from "./sets.ts";
import type { SoakStock } from "./stock.ts";

/** Long ago, because commands that delete go by the real clock. */
const FIRST = Date.UTC(2023, 0, 1, 3) / 1000;
const DAY = 86_400;

export interface WorldOptions {
  readonly dir: string;
  readonly place: SoakPlace;
  readonly seal: SealName;
  readonly seed: number;
  /** Stock duplicity makes a backup now and then, and restores everything at the end. */
  readonly stock?: SoakStock | undefined;
}

/** A source, two computers that back it up to one place, and what is promised there. */
export class World {
  readonly place: SoakPlace;
  readonly seal: (typeof SEALS)[SealName];
  readonly stock: SoakStock | undefined;
  readonly counts = new Counts();
  readonly ledger = new Ledger();
  readonly machine: Machine;
  /** Has an archive directory of its own. */
  readonly other: Machine;
  /** What of tonight is told on the progress line. */
  readonly told: string[] = [];
  dice: Dice;
  /** The archive directory does not have what the target has, so that the next run needs the secret key. */
  isBehind = false;
  readonly #dir: string;
  readonly #seed: number;
  readonly #garden: Garden;
  #night = 0;
  #later = 0;
  #tree: Tree = [];

  constructor({ dir, place, seal, seed, stock }: WorldOptions) {
    this.#dir = dir;
    this.#seed = seed;
    this.place = place;
    this.seal = SEALS[seal];
    this.stock = stock;
    this.dice = new Dice(seed, place.name);
    this.#garden = new Garden(this.dice);
    this.machine = new Machine(this.path("machine"), place, this.path("source"));
    this.other = new Machine(this.path("other machine"), place, this.path("source"));
  }

  path(name: string): string {
    return join(this.#dir, name);
  }

  /** The next night, whose choices depend on nothing that came before. */
  begin(night: number): void {
    this.#night = night;
    this.#later = 0;
    this.dice = new Dice(this.#seed, this.place.name, night);
    this.told.length = 0;
    this.edit();
  }

  /** Seconds: three o'clock in the night, and later with each time that it is asked. */
  clock(): number {
    return FIRST + this.#night * DAY + 1800 * this.#later++;
  }

  /** What the source is now. */
  get tree(): Tree {
    return this.#tree;
  }

  edit(): void {
    this.#garden.edit(this.dice);
    removeTree(this.machine.source);
    mkdirSync(this.machine.source);
    materialise(this.#garden.specs, this.machine.source);
    this.#tree = asStored(scanTree(this.machine.source));
  }

  /**
   * Does something that may add backups and nothing else, and notes which were made.
   * @param isOurs  only doppel: it never changes nor removes what is there
   */
  async adding(
    action: () => Promise<readonly Ended[]>,
    isOurs = true,
  ): Promise<{ readonly ended: readonly Ended[]; readonly made: number }> {
    const before = await this.place.stamps();
    const ended = await action();
    const after = await this.place.stamps();
    const harmed = [...before].filter(([name, stamp]) => after.get(name) !== stamp).map(([name]) => name);
    if (isOurs && harmed.length > 0) throw new Error(`a backup replaced or removed ${harmed.join(", ")}: ${wordsOf(ended)}`);
    const made = this.ledger.look(after.keys()).length;
    this.counts.add("backups stored", made);
    const told = ended.filter(({ code }) => code === 0 || code === 3).length;
    if (told > made) throw new Error(`${told} runs said that they had stored a backup, and ${made} are there: ${wordsOf(ended)}`);
    return { ended, made };
  }

  async hasUnfinished(): Promise<boolean> {
    return incompleteSets((await this.place.stamps()).keys()).length > 0;
  }

  /** Sets that cannot be restored: unfinished, or hidden by another machine. */
  async hasLooseEnds(): Promise<boolean> {
    const names = [...(await this.place.stamps()).keys()];
    return incompleteSets(names).length > 0 || hiddenSets(completeSets(names)).length > 0;
  }
}

/** @throws Error when a run has not ended in one of these ways; null stands for killed */
export function mustEnd(what: string, { code, text }: Ended, allowed: readonly (number | null)[]): void {
  if (allowed.includes(code)) return;
  throw new Error(`${what} ended with exit code ${code}, not ${allowed.join(" or ")}: ${text.slice(-3000)}`);
}

function wordsOf(ended: readonly Ended[]): string {
  return ended.map(({ code, text }) => `exit code ${code}: ${text.slice(-1500)}`).join("\n");
}
