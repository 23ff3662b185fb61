import { DELETING, disturbBucket } from "./faults.ts";
import { chooseRetention, type Retention } from "./retention.ts";
import { chainsOf, completeSets, incompleteSets } from "./sets.ts";
import { mustEnd, type World } from "./world.ts";

/** Deletes by one of the retention commands, sometimes killed or disturbed; what goes must be what the manual says. */
export async function tidy(world: World, retention?: Retention): Promise<void> {
  const { dice, place, machine, ledger, counts } = world;
  const { command, args, mayGo } = retention ?? chooseRetention(dice, world.clock());
  const before = await place.stamps();
  const [sets, unfinished] = [completeSets(before.keys()), incompleteSets(before.keys())];
  const kill = retention === undefined && dice.chance(0.15) ? { afterMs: 200 + dice.below(250) } : undefined;
  const fault = place.bucket && dice.chance(0.2) ? disturbBucket(place.bucket, dice, DELETING) : undefined;
  if (fault) counts.add("faults injected");
  const ended = await machine.run(command, [...args, "--force", place.url], { as: "keeper", ...(kill && { kill }) });
  place.bucket?.clearFaults();
  mustEnd(`${command} (${fault?.what ?? "undisturbed"})`, ended, [...(fault?.codes ?? [0]), ...(kill ? [null] : [])]);
  counts.ended(command, ended.code ?? "killed");
  counts.add("retention runs");
  if (ended.code === null) counts.add("killed");
  const after = await place.stamps();
  const going = mayGo(sets);
  ledger.look(after.keys(), going);
  const left = new Set(completeSets(after.keys()).map(({ end }) => end));
  const spared = going.filter(({ end }) => left.has(end));
  // An unfinished increment keeps what it stands on; a set that is in no chain follows no rule.
  const isPlain = unfinished.length === 0 && chainsOf(sets).flat().length === sets.length;
  if (ended.code === 0 && isPlain && spared.length > 0)
    throw new Error(`${command} ${args.join(" ")} left ${spared.length} sets that it should have deleted: ${ended.text}`);
  world.told.push(
    `${command} ${going.length - spared.length} gone${ended.code === null ? ", killed" : ""}${fault ? `, ${fault.what}` : ""}`,
  );
}
