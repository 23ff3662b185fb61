import type { MonitorReport, ProfileReport, Summary } from "../report.ts";

interface Metric {
  readonly name: string;
  readonly help: string;
  /** In seconds, bytes or counts; undefined: not known. */
  readonly value: (profile: ProfileReport) => number | undefined;
}

const ofSummary =
  (read: (summary: Summary) => Date | number | undefined): Metric["value"] =>
  ({ summary }) => {
    const value = summary && read(summary);
    return value instanceof Date ? value.getTime() / 1000 : value;
  };

const METRICS: readonly Metric[] = [
  {
    name: "doppel_target_up",
    help: "Whether the backups of this server could be looked at.",
    value: ({ failure }) => (failure === undefined ? 1 : 0),
  },
  {
    name: "doppel_last_backup_timestamp_seconds",
    help: "When the newest complete backup was made.",
    value: ofSummary(({ lastBackup }) => lastBackup?.time),
  },
  {
    name: "doppel_last_good_backup_timestamp_seconds",
    help: "When the newest backup was made that can be restored, as far as can be told without its key.",
    value: ofSummary(({ lastGood }) => lastGood),
  },
  {
    name: "doppel_next_deadline_timestamp_seconds",
    help: "When the next backup will count as missed.",
    value: ofSummary(({ nextDeadline }) => nextDeadline),
  },
  {
    name: "doppel_last_good_backup_expiry_timestamp_seconds",
    help: "When the bucket will have deleted all backups that can be restored.",
    value: ofSummary(({ lastGoodExpires }) => lastGoodExpires),
  },
  {
    name: "doppel_last_backup_size_bytes",
    help: "What the newest complete backup takes at the target.",
    value: ofSummary(({ lastBackup }) => lastBackup?.storedBytes),
  },
  {
    name: "doppel_last_backup_source_bytes",
    help: "Size of all files in the newest complete backup.",
    value: ofSummary(({ lastBackup }) => lastBackup?.sourceBytes),
  },
  { name: "doppel_stored_bytes", help: "Size of all objects at the target.", value: ofSummary(({ bytes }) => bytes) },
  { name: "doppel_stored_objects", help: "Objects at the target.", value: ofSummary(({ objects }) => objects) },
  { name: "doppel_backup_sets", help: "Backups at the target, full ones and increments.", value: ofSummary(({ sets }) => sets) },
  {
    name: "doppel_last_proven_restore_timestamp_seconds",
    help: "When a test restore with the real key last worked.",
    value: ofSummary(({ lastProven }) => lastProven),
  },
  {
    name: "doppel_restore_estimate_seconds",
    help: "How long a restore of everything would take, at the rate of the last test restore.",
    value: ofSummary(({ restoreSeconds }) => restoreSeconds),
  },
];

/** A check in Prometheus' text format 0.0.4. */
export function prometheus({ profiles, fleet, time }: MonitorReport): string {
  const lines: string[] = [];
  const metric = (name: string, help: string, samples: readonly string[]): void => {
    if (samples.length > 0) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples);
  };
  metric("doppel_monitor_check_timestamp_seconds", "When the backups were last looked at.", [
    `doppel_monitor_check_timestamp_seconds ${time.getTime() / 1000}`,
  ]);
  for (const { name, help, value } of METRICS) {
    const samples = profiles.flatMap((profile) => {
      const known = value(profile);
      return known === undefined ? [] : [`${name}{profile="${escaped(profile.name)}"} ${known}`];
    });
    metric(name, help, samples);
  }
  const severities = ["warning", "critical", "unknown"] as const;
  metric(
    "doppel_findings",
    "What is wrong with the backups of a server, by how grave it is.",
    profiles.flatMap(({ name, findings }) =>
      severities.map((severity) => {
        const count = findings.filter((one) => one.severity === severity).length;
        return `doppel_findings{profile="${escaped(name)}",severity="${severity}"} ${count}`;
      }),
    ),
  );
  metric(
    "doppel_fleet_findings",
    "What is wrong with more than one server, by how grave it is.",
    severities.map(
      (severity) => `doppel_fleet_findings{severity="${severity}"} ${fleet.filter((one) => one.severity === severity).length}`,
    ),
  );
  return `${lines.join("\n")}\n`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
