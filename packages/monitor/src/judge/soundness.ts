import type { Damage, Facts, SetFacts } from "../check/facts.ts";
import { type Case, isToCome, when } from "./case.ts";
import { type Finding, some } from "./finding.ts";

/** Whether this set's files can be had: what is missing is only what speeds things up, or what an increment needs. */
function isWhole({ damage }: SetFacts): boolean {
  return damage.every(isHarmless);
}

function isHarmless({ role, what }: Damage): boolean {
  return role === "signatures" || role === "index" || role === "receipt" || what === "stored-again";
}

/** Whether its state can be restored, as far as anybody can tell without the key: it and all before it in its chain are whole. */
export function isGood(set: SetFacts): boolean {
  return set.after !== undefined && [...set.after, set].every(isWhole);
}

/** The newest state that can be restored. */
export function lastGood({ sets }: Facts): SetFacts | undefined {
  return sets.find(isGood);
}

/** Sets whose objects are missing, of another size, or replaced. */
export function judgeSoundness(of: Case): readonly Finding[] {
  const { facts } = of;
  const findings: Finding[] = [];
  const [newest] = facts.sets;
  const current = new Set(newest === undefined ? [] : [...(newest.after ?? []), newest]);
  const damaged = facts.sets.filter((set) => set.damage.length > 0);
  const good = lastGood(facts);
  const rest =
    good === undefined ? "nothing else can be restored" : `the newest that can be restored is that of ${when(of, good.id.end)}`;

  const broken = damaged.filter((set) => !isWhole(set));
  // What is newer than all that can be restored is no thing of the past, in whatever chain it is.
  const isOfNow = (set: SetFacts): boolean => current.has(set) || good === undefined || set.id.end > good.id.end;
  const now = broken.filter(isOfNow);
  if (now.length > 0) {
    const text = `${describe(of, now)}: ${rest}; make a full backup, and find out who removed or changed it`;
    findings.push({ id: "damaged", severity: "critical", text });
  }
  const older = broken.filter((set) => !isOfNow(set));
  if (older.length > 0) {
    const text = `${describe(of, older)}: it and what builds on it cannot be restored; newer backups are not touched by it`;
    findings.push({ id: "damaged-older", severity: "warning", text });
  }
  const again = damaged.filter(({ damage }) => damage.some(({ what }) => what === "stored-again"));
  if (again.length > 0) {
    const only = again.map((set) => ({ ...set, damage: set.damage.filter(({ what }) => what === "stored-again") }));
    const text = `${describe(of, only)}: nothing replaces an object of a backup; doppel audit tells whether it still holds what it did`;
    findings.push({ id: "stored-again", severity: "critical", text });
  }
  const lacking = damaged.flatMap((set) => {
    const damage = set.damage.filter((one) => isHarmless(one) && one.what !== "stored-again");
    return damage.length > 0 && current.has(set) ? [{ ...set, damage }] : [];
  });
  if (lacking.length > 0) {
    const text = `${describe(of, lacking)}: its files can be restored, but no increment can follow without signatures; make a full backup`;
    findings.push({ id: "metadata", severity: "warning", text });
  }
  return [...findings, ...judgeVanished(of), ...judgeLeftovers(of)];
}

/** The newest backup of the last look is not there any more. */
function judgeVanished(of: Case): readonly Finding[] {
  const { facts } = of;
  // One from the future, which a wrong clock made, must neither hide this nor be missed until its time has come.
  const isPast = (end: Date): boolean => !isToCome(end, facts.now);
  const remembered = facts.memory.sets.find(({ end }) => isPast(end));
  const newest = facts.sets.find(({ id }) => isPast(id.end))?.id.end;
  if (remembered === undefined || (newest !== undefined && newest >= remembered.end)) return [];
  const rest = newest === undefined ? "there is no backup left" : `the newest is now that of ${when(of, newest)}`;
  const text = `the backup of ${when(of, remembered.end)} is gone: ${rest}; find out who removed it, and make a full backup`;
  return [{ id: "vanished", severity: "critical", text }];
}

/** What stopped runs have left behind, and what contradicts itself. */
function judgeLeftovers(of: Case): readonly Finding[] {
  const { facts } = of;
  const findings: Finding[] = [];
  const dayAgo = new Date(facts.now.getTime() - 86_400_000);
  const stopped = facts.unfinished.filter(({ lastStored }) => lastStored < dayAgo);
  if (stopped.length > 0) {
    const times = some(stopped.map(({ end }) => when(of, end)));
    const text = `never finished: the backup of ${times}; doppel cleanup removes what is left of it`;
    findings.push({ id: "unfinished", severity: "warning", text });
  }
  const uploads = facts.uploads.filter(({ begun }) => begun < dayAgo);
  if (uploads.length > 0) {
    const text = `${uploads.length} uploads older than a day were never finished and are paid for: ${some(uploads.map(({ name }) => name))}; let the bucket's lifecycle abort them (doppel setup bucket)`;
    findings.push({ id: "uploads", severity: "warning", text });
  }
  if (facts.orphaned.length > 0) {
    const times = some(facts.orphaned.map((time) => when(of, time)));
    findings.push({
      id: "orphaned",
      severity: "warning",
      text: `increments whose chain is broken: ${times}; they cannot be restored`,
    });
  }
  if (facts.conflicts.length > 0) {
    findings.push({ id: "conflict", severity: "warning", text: `names that contradict each other: ${some(facts.conflicts, 1)}` });
  }
  return findings;
}

/** `backup of 2026-11-23 03:00 +01:00: duplicity-….vol3.difftar.gpg is missing` */
function describe(of: Case, sets: readonly SetFacts[]): string {
  const [set] = sets;
  const more = sets.length > 1 ? `, and ${sets.length - 1} more backups` : "";
  return `backup of ${when(of, set!.id.end)}: ${some(set!.damage.map(({ name, text }) => `${name} ${text}`))}${more}`;
}
