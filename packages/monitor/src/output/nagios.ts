import { displayText } from "@doppel/base";
import { ageText, attentionText } from "../judge/case.ts";
import { type Severity, worst } from "../judge/finding.ts";
import type { MonitorReport, ProfileReport } from "../report.ts";

const EXITS: Readonly<Record<Severity, number>> = { ok: 0, warning: 1, critical: 2, unknown: 3 };

const GRAVEST_FIRST: readonly Severity[] = ["critical", "unknown", "warning", "ok"];

/** A check as Nagios and its like take it: one line with performance data, and an exit code (plugin guidelines). */
export function nagios({ profiles, fleet, time }: MonitorReport): { readonly line: string; readonly exit: number } {
  const all = [...fleet, ...profiles];
  const severity = worst(all.map((one) => one.severity));
  const [only] = profiles.length === 1 ? profiles : [];
  const gravest = worst(fleet.map((one) => one.severity));
  const isAlone =
    only !== undefined && (fleet.length === 0 || (only.severity !== "ok" && worst([only.severity, gravest]) === only.severity));
  const text = isAlone ? oneServer(only, time) : manyServers({ profiles, fleet });
  const data = only ? dataOf(only, time) : countsOf(profiles);
  return {
    line: `DOPPEL ${severity.toUpperCase()} - ${plain(text)}${data.length > 0 ? ` | ${data.join(" ")}` : ""}\n`,
    exit: EXITS[severity],
  };
}

function oneServer({ name, findings, failure, summary }: ProfileReport, now: Date): string {
  const [first] = findings;
  if (first) return `${name}: ${first.text}${findings.length > 1 ? ` (and ${findings.length - 1} more)` : ""}`;
  if (failure !== undefined) return `${name}: ${failure}`;
  const { lastBackup, pausedUntil } = summary ?? {};
  if (lastBackup === undefined)
    return `${name}: no backup yet${pausedUntil ? `, paused until ${pausedUntil.toISOString()}` : ""}`;
  return `${name}: ${lastBackup.kind === "full" ? "full backup" : "increment"} ${ageText(now.getTime() - lastBackup.time.getTime())} ago`;
}

function manyServers({ profiles, fleet }: Pick<MonitorReport, "profiles" | "fleet">): string {
  const rank = (severity: Severity): number => GRAVEST_FIRST.indexOf(severity);
  const wrong = profiles.filter(({ severity }) => severity !== "ok").toSorted((a, b) => rank(a.severity) - rank(b.severity));
  if (wrong.length === 0 && fleet.length === 0) return `${profiles.length} servers are backed up`;
  const [common] = fleet.toSorted((a, b) => rank(a.severity) - rank(b.severity));
  const shared = common && `${common.subject}: ${common.text}`;
  if (wrong.length === 0) return shared!;
  const isShared = common !== undefined && rank(common.severity) <= rank(wrong[0]!.severity);
  const first = isShared
    ? shared!
    : `${wrong[0]!.name}: ${wrong[0]!.findings[0]?.text ?? wrong[0]!.failure ?? wrong[0]!.severity}`;
  return `${attentionText(wrong.length, profiles.length)}; ${first}`;
}

/** `'label'=value[UOM];[warn];[crit];[min];[max]` */
function dataOf({ summary }: ProfileReport, now: Date): readonly string[] {
  if (summary === undefined) return [];
  const { lastBackup, lastGoodExpires, maxAgeSeconds, sets, bytes, lastProven } = summary;
  const seconds = (time: Date): number => Math.floor((now.getTime() - time.getTime()) / 1000);
  return [
    ...(lastBackup
      ? [`age=${Math.max(0, seconds(lastBackup.time))}s;;${maxAgeSeconds ?? ""};0`, `size=${lastBackup.storedBytes}B;;;0`]
      : []),
    ...(lastBackup?.sourceBytes === undefined ? [] : [`source=${lastBackup.sourceBytes}B;;;0`]),
    `sets=${sets};;;0`,
    `stored=${bytes}B;;;0`,
    ...(lastGoodExpires ? [`expires_in=${Math.max(0, -seconds(lastGoodExpires))}s;;;0`] : []),
    ...(lastProven ? [`proven_age=${Math.max(0, seconds(lastProven))}s;;;0`] : []),
  ];
}

function countsOf(profiles: readonly ProfileReport[]): readonly string[] {
  const count = (severity: Severity): number => profiles.filter((one) => one.severity === severity).length;
  const most = profiles.length;
  return (["ok", "warning", "critical", "unknown"] as const).map((severity) => `${severity}=${count(severity)};;;0;${most}`);
}

/** A bar begins performance data. */
function plain(text: string): string {
  return displayText(text).replaceAll("|", "/");
}
