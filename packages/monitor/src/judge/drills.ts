import { type Case, DAY_MS, when } from "./case.ts";
import { type Finding, some } from "./finding.ts";

/** Whether a restore with the real key was proven of late. */
export function judgeDrills(of: Case): readonly Finding[] {
  const { drill, drills, facts } = of;
  const last = drills.at(-1);
  const proven = drills.findLast(({ ok }) => ok);
  if (last !== undefined && !last.ok) {
    const text = `the test restore of ${when(of, new Date(last.time))} failed: ${some(last.problems, 2) || "see its output"}; repeat it with doppel drill`;
    return [{ id: "drill-failed", severity: "critical", text }];
  }
  if (drill === undefined) return [];
  const since = proven === undefined ? facts.memory.firstChecked : new Date(proven.time);
  if (facts.now.getTime() - since.getTime() <= drill.everyDays * DAY_MS) return [];
  const ever = proven === undefined ? "nobody has ever proved" : `since ${when(of, since)} nobody has proved`;
  const text = `${ever} that these backups can be restored and that the key is at hand (every ${drill.everyDays} days): run doppel drill`;
  return [{ id: "drill-overdue", severity: "warning", text }];
}
