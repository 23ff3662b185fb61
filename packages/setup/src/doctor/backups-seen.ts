import type { ChainStatus, SetStatus, StatusReport } from "@doppel/engine/internal";

const DAY_MS = 86_400_000;

/** The newest backup that has a manifest, whatever its state. */
export function newestBackup({
  chains,
}: StatusReport): { readonly chain: ChainStatus["chain"]; readonly status: SetStatus } | undefined {
  const all = chains.flatMap(({ chain, sets }) => sets.map((status) => ({ chain, status })));
  return all.reduce<(typeof all)[number] | undefined>(
    (newest, each) => (newest === undefined || timeOf(each.status) >= timeOf(newest.status) ? each : newest),
    undefined,
  );
}

/** The newest backup of which neither it nor what it builds upon shows damage. */
export function newestGood(
  report: StatusReport,
): { readonly chain: ChainStatus["chain"]; readonly status: SetStatus } | undefined {
  const chains = report.chains.map(({ chain, sets }) => {
    const damaged = sets.findIndex(({ problems }) => problems.length > 0);
    return { chain, sets: damaged < 0 ? sets : sets.slice(0, damaged) };
  });
  return newestBackup({ ...report, chains });
}

/** Days between full backups, as they have been: what an expiry has to leave alone. 1 when there are only full ones. */
export function chainDaysOf({ chains }: StatusReport, fullOnly: boolean): number {
  if (fullOnly) return 1;
  const days = chains.map(({ chain: { full, end } }) => (end.getTime() - full.id.end.getTime()) / DAY_MS);
  return Math.max(1, ...days.map(Math.ceil));
}

function timeOf({ set }: SetStatus): number {
  return set.id.end.getTime();
}
