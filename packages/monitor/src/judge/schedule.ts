import { lastDue, nextDeadline } from "../schedule/due.ts";
import type { Facts, SetFacts } from "../check/facts.ts";
import { ageText, type Case, isToCome, judged, when } from "./case.ts";
import type { Finding } from "./finding.ts";

/**
 * The newest backup of a chain, and when it was made. One that a wrong clock (or somebody who wants silence) has dated into the
 * future counts from when it was stored, and not at all where the target does not tell that.
 */
export function newestMade({
  sets,
  now,
}: Pick<Facts, "sets" | "now">): { readonly set: SetFacts; readonly made: Date } | undefined {
  let newest: { readonly set: SetFacts; readonly made: Date } | undefined;
  for (const set of sets) {
    const made = isToCome(set.id.end, now) ? set.lastStored : set.id.end;
    if (set.after === undefined || made === undefined || isToCome(made, now)) continue;
    if (newest === undefined || made > newest.made) newest = { set, made };
  }
  return newest;
}

/** Whether there is a backup of its time. */
export function judgeSchedule(of: Case): readonly Finding[] {
  const { facts } = of;
  const [first] = facts.sets.filter(({ after }) => after !== undefined);
  if (first === undefined || !isToCome(first.id.end, facts.now)) return missed(of);
  const text = `the newest backup is from ${when(of, first.id.end)}, which is still to come: a clock is wrong, here or on the server`;
  return [...missed(of), { id: "clock", severity: "warning", text }];
}

function missed(of: Case): readonly Finding[] {
  const { facts, expect } = of;
  const { now } = facts;
  const newest = newestMade(facts)?.made;
  const due = lastDue(expect, now);
  if (newest === undefined) {
    // A server that was configured today has until the end of its first window.
    const late = due !== undefined && due.since > facts.memory.firstChecked;
    const paused = expect.pausedUntil !== undefined && now < expect.pausedUntil;
    if (paused) return [];
    const begun = facts.unfinished.length > 0 ? "; one was begun and not finished" : "";
    const text = late
      ? `no backup was ever seen, and one was due at ${when(of, due.deadline)}${begun}; run doppel doctor on the server`
      : `no backup was seen yet${begun}: is the server set up, and is this its URL?`;
    return [{ id: "never-seen", severity: late ? "critical" : "warning", text }];
  }
  if (due === undefined || newest >= due.since) return [];
  const begun = facts.unfinished.find(({ end }) => end >= due.since);
  const hint =
    begun === undefined
      ? "did its timer run? doppel doctor on the server tells more"
      : `one was begun at ${when(of, begun.end)} and is not finished`;
  // What is due every so often is due from the last one on.
  const deadline = (expect.schedule.kind === "every" && nextDeadline(expect, newest, newest)) || due.deadline;
  const age = ageText(now.getTime() - newest.getTime());
  const text = `no backup since ${when(of, newest)}, ${age} ago; one was due by ${when(of, deadline)}: ${hint}`;
  return [{ id: "missed", severity: "critical", text }];
}

/** Full backups where nothing else is allowed. */
export function judgeKinds(of: Case): readonly Finding[] {
  const { facts, expect } = of;
  if (expect.kinds !== "full") return [];
  const wrong = judged(of).find(({ id }) => id.kind === "inc");
  if (wrong === undefined) return [];
  const text = `the backup of ${when(of, wrong.id.end)} is an increment, and only full backups are expected: it cannot be restored without those before it; run doppel full`;
  return [{ id: "kind", severity: facts.sets[0] === wrong ? "critical" : "warning", text }];
}
