import { dirname, resolve } from "node:path";
import type { GivenMonitor } from "./schema.ts";
import type { MonitorSettings } from "./types.ts";

/** The monitor's part of the file, with what it does not say filled in. */
export function settingsOf(given: GivenMonitor, folder: string): MonitorSettings {
  const { alerts = {} } = given;
  const { mail } = alerts;
  const { "password-file": passwordFile, "ca-file": caFile } = mail ?? {};
  return {
    state: resolve(folder, given.state ?? stateBeside(folder)),
    parallel: given.parallel ?? 8,
    roots: given.roots ?? [],
    alerts: {
      repeatHours: (alerts.repeat ?? 86_400) / 3600,
      ...(mail && {
        mail: {
          from: mail.from,
          to: mail.to,
          transport: mail.transport ?? "sendmail",
          ...(passwordFile !== undefined && { passwordFile: resolve(folder, passwordFile) }),
          ...(caFile !== undefined && { caFile: resolve(folder, caFile) }),
        },
      }),
      webhooks: alerts.webhooks ?? [],
      commands: (alerts.commands ?? []).map(([program, ...args]) => [programPath(program!, folder), ...args]),
      pings: alerts.pings ?? [],
      ...(alerts.digest !== undefined && { digestAtMinute: alerts.digest }),
      timeZone: alerts["time-zone"] ?? "UTC",
    },
  };
}

/** The system's own place for what programs remember, where the file is the system's own; else beside it. */
function stateBeside(folder: string): string {
  return folder === "/etc/doppel" || dirname(folder) === "/etc/doppel" ? "/var/lib/doppel" : "state";
}

/** A name without a slash is looked for on PATH. */
function programPath(program: string, folder: string): string {
  return program.includes("/") ? resolve(folder, program) : program;
}
