import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { disturbBucket, failFolder } from "./faults.ts";
import { LostBackup } from "./ledger.ts";
import { type CommandOptions, type Ended, type Kill, Machine } from "./machine.ts";
import { cleanUp } from "./retention.ts";
import { tidy } from "./tidying.ts";
import { mustEnd, type World } from "./world.ts";

/** Nothing to continue; or the clock is not later than the newest backup. */
const NO_CHAIN = 17;
const LOCKED = 23;

/** What a run is, besides the source and the target. */
interface Run extends Partial<CommandOptions> {
  readonly kind?: string;
  readonly machine?: Machine;
  /** Whether the secret key is at hand; default: when it is needed, and sometimes. */
  readonly key?: boolean;
}

/** A backup with settings that change every night. */
function backup(world: World, run: Run = {}): Promise<Ended> {
  const { dice, seal, ledger, tree } = world;
  const { kind = dice.weighed({ backup: 7, full: 1.5, incremental: 2 }), machine = world.machine, time = world.clock() } = run;
  const { key = world.isBehind || dice.chance(0.3) } = run;
  const settings = [
    "--volsize",
    dice.chance(0.12) ? "2" : "1",
    "--compress-level",
    `${dice.below(10)}`,
    ...(dice.chance(0.5) ? ["--threads", `${1 + dice.below(2)}`] : []),
  ];
  const args = [...settings, ...seal.storing, ...(key ? seal.reading : []), machine.source, world.place.url];
  ledger.attempt(time, tree);
  return machine.run(kind, args, { time, ...run, env: key ? seal.readingEnv : seal.storingEnv });
}

/** A run that nothing disturbs, and that has to store a backup. */
export async function undisturbed(world: World, run: Run = {}): Promise<void> {
  const { ended } = await world.adding(async () => [await backup(world, run)]);
  const isFirst = world.ledger.points.length === 0;
  mustEnd("an undisturbed backup", ended[0]!, isFirst ? [0, NO_CHAIN] : [0]);
  noteEnd(world, "undisturbed", ended);
  world.isBehind = false;
}

/** What may happen to a backup. Each stores one or none, and says truly which. */
export const DISTURBANCES: Readonly<Record<string, (world: World) => Promise<void>>> = {
  async killed(world) {
    const { dice, place } = world;
    const random: Kill = { afterMs: 250 + dice.below(700) };
    const byCount: Kill = place.bucket
      ? { requests: 1 + dice.below(14) }
      : { operation: 1 + dice.below(60), when: dice.pick(["before", "middle", "after"]) };
    const kind = dice.weighed({ full: 4, incremental: 2, backup: 4 }); // a full set has more volumes to die between
    const { ended } = await world.adding(async () => [await backup(world, { kind, kill: dice.chance(0.4) ? random : byCount })]);
    mustEnd("a backup that is killed", ended[0]!, [0, null, ...(world.ledger.points.length === 0 ? [NO_CHAIN] : [])]);
    noteEnd(world, "killed", ended);
  },
  async "archive directory lost"(world) {
    rmSync(world.machine.archive, { recursive: true, force: true });
    world.isBehind = true;
    world.counts.add("faults injected");
    const { ended } = await world.adding(async () => [await backup(world, { key: world.dice.chance(0.6) })]);
    finish(world, "archive directory lost", ended, [0, 31, NO_CHAIN]);
  },
  async "damaged copy"(world) {
    const { file, what } = damageCopy(world);
    world.counts.add("faults injected");
    const { ended } = await world.adding(async () => [await backup(world, { key: world.dice.chance(0.6) })]);
    finish(world, what, ended, [0, 21, 31, NO_CHAIN]);
    const [{ code, text }] = ended as [Ended];
    if (code === 21 && !text.includes(file)) throw new Error(`${file} is ${what}, and the message does not name it: ${text}`);
    rmSync(file, { force: true }); // as the message advises
    world.isBehind = true;
  },
  async "two at once"(world) {
    const time = world.clock();
    const late = world.dice.below(400);
    const { ended } = await world.adding(() =>
      Promise.all([backup(world, { time, key: true }), sleep(late).then(() => backup(world, { time: time + 5, key: true }))]),
    );
    finish(world, "two at once", ended, [0, LOCKED, NO_CHAIN]);
    if (ended.every(({ code }) => code !== 0))
      throw new Error(`of two at once none was stored: ${ended.map(({ text }) => text).join()}`);
  },
  async "two machines"(world) {
    const time = world.clock();
    const late = world.dice.below(400);
    if (world.dice.chance(0.5)) {
      rmSync(world.other.archive, { recursive: true, force: true });
      cpSync(world.machine.archive, world.other.archive, { recursive: true });
    }
    const { ended } = await world.adding(() =>
      Promise.all([
        backup(world, { time, key: true }),
        sleep(late).then(() => backup(world, { machine: world.other, time: time + 7, key: true })),
      ]),
    );
    world.isBehind = true;
    finish(world, "two machines", ended, [0, 3, 17, 21, LOCKED, 50]);
    const hidden = world.ledger.passOver((await world.place.stamps()).keys());
    if (hidden > 0 && ended.every(({ code }) => code === 0))
      throw new LostBackup("two machines hid a backup, and neither was told");
    world.counts.add("hidden by another machine, and told", hidden);
  },
  async "a second later"(world) {
    const time = world.clock();
    await undisturbed(world, { time });
    if (world.dice.chance(0.5)) world.edit();
    const { ended } = await world.adding(async () => [await backup(world, { time: time + 1 })]);
    finish(world, "a second later", ended, [0, NO_CHAIN]);
  },
  async "clock a day back"(world) {
    world.counts.add("faults injected");
    const { ended } = await world.adding(async () => [await backup(world, { time: world.clock() - 30 * 3600 })]);
    finish(world, "clock a day back", ended, [0, NO_CHAIN]);
  },
  async "fault at the target"(world) {
    const { bucket } = world.place;
    world.counts.add("faults injected");
    const fault = bucket ? disturbBucket(bucket, world.dice) : failFolder(world.place.folder!, world.machine.archive, world.dice);
    const { ended } = await world.adding(async () => [await backup(world, fault.failing ? { failing: fault.failing } : {})]);
    bucket?.clearFaults();
    finish(world, fault.what, ended, fault.codes);
  },
  async "stock duplicity"(world) {
    const { stock, dice, ledger, tree } = world;
    if (stock === undefined) return undisturbed(world);
    // What it would make of doppel's interrupted runs is for others to test.
    if (await world.hasUnfinished()) await tidy(world, cleanUp);
    if (await world.hasUnfinished()) return undisturbed(world);
    const time = world.clock();
    ledger.attempt(time, tree);
    const kind = ledger.points.length === 0 || dice.chance(0.2) ? "full" : "incremental";
    const { ended } = await world.adding(async () => [await stock.backup(kind, time, world.machine.source)], false);
    mustEnd("stock duplicity", ended[0]!, [0]);
    world.counts.add("of stock");
    noteEnd(world, "stock", ended);
    world.isBehind = true;
  },
};

function finish(world: World, what: string, ended: readonly Ended[], allowed: readonly number[]): void {
  for (const one of ended) mustEnd(`a backup (${what})`, one, allowed);
  noteEnd(world, what, ended);
  if (ended.length === 1 && ended[0]!.code === 0) world.isBehind = false;
  if (ended.some(({ code }) => code === 3 || code === 9)) world.isBehind = true; // no copies of what was stored
}

function noteEnd({ counts, told }: World, what: string, ended: readonly Ended[]): void {
  for (const { code, text } of ended) {
    counts.ended(what, code ?? "killed");
    if (code === null) counts.add("killed");
    else if (code !== 0 && code !== 3) counts.add("refused");
    if (/was interrupted; going on with/.test(text)) counts.add("resumed");
  }
  told.push(`${what} ${ended.map(({ code }) => code ?? "killed").join("+")}`);
}

/** Changes, cuts or removes one of the copies in the archive directory. @returns which, and what for people */
function damageCopy({ machine, dice }: World): { readonly file: string; readonly what: string } {
  const folder = join(machine.archive, "n");
  const names = readdirSync(folder).filter((name) => name.startsWith("duplicity-"));
  if (names.length === 0) return { file: join(folder, "none"), what: "nothing to damage" };
  const name = dice.pick(names);
  const [file, bytes] = [join(folder, name), readFileSync(join(folder, name))];
  const how = dice.pick(["flipped", "cut", "removed"]);
  if (how === "removed") rmSync(file);
  else if (how === "cut") writeFileSync(file, bytes.subarray(0, dice.below(bytes.length)));
  else {
    const at = dice.below(bytes.length);
    bytes[at]! ^= 1 << dice.below(8);
    writeFileSync(file, bytes);
  }
  return { file, what: `${how} ${name.replace(/\.\d.*Z\./, ".")}` };
}
