import type { Facts, SetFacts } from "../check/facts.ts";
import { type Case, DAY_MS, when } from "./case.ts";
import type { Finding } from "./finding.ts";
import { isGood } from "./soundness.ts";

/** When nothing that is there now can be restored any more; undefined when nothing expires, or nothing is there. */
export function lastGoodExpires({ facts, expect }: Pick<Case, "facts" | "expect">): Date | undefined {
  const days = facts.expireDays ?? expect.expireDays;
  const ends = days === undefined ? [] : facts.sets.filter(isGood).map((set) => expiryOf(set, days));
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}

/** A state needs all of its chain: the full backup goes first. */
function expiryOf(set: SetFacts, days: number): number {
  const stored = [...set.after!, set].map(({ firstStored, id }) => (firstStored ?? id.end).getTime());
  return stored.reduce((a, b) => Math.min(a, b)) + days * DAY_MS;
}

/** Whether the bucket is about to forget the last backup there is. */
export function judgeExpiry(of: Case): readonly Finding[] {
  const expires = lastGoodExpires(of);
  if (expires === undefined) return [];
  const left = expires.getTime() - of.facts.now.getTime();
  // Where backups live shorter than that, half their life is early enough: otherwise it would never be well.
  const days = Math.min(of.expect.expiryWarningDays, (of.facts.expireDays ?? of.expect.expireDays ?? 0) / 2);
  if (left > days * DAY_MS) return [];
  const text =
    left > 0
      ? `the bucket deletes the last good backup at ${when(of, expires)}, unless a full backup is made before; or make its lifecycle longer`
      : `the bucket may delete the last good backup at any time: its days were over at ${when(of, expires)}; make a full backup now`;
  return [{ id: "expiry", severity: "critical", text }];
}

/** What the newest chain takes: what a whole restore has to fetch. */
export function chainBytes({ sets }: Facts): number | undefined {
  const newest = sets.find(isGood);
  return newest && [...newest.after!, newest].reduce((sum, { storedBytes }) => sum + storedBytes, 0);
}
