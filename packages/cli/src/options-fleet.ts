import { EVERY } from "./command-groups.ts";
import { duration, flag, type Option, optional, path, text, wholeNumber, withDefault } from "./option.ts";

/** Of the commands that look after many servers. */
export const FLEET_OPTIONS = {
  profiles: optional(path, {
    generation: "doppel",
    metavar: "FILE",
    group: "Watching",
    help: "the file with the profiles of @NAME, for doppel (default: $DOPPEL_PROFILES, doppel/profiles.yaml in ~/.config or /etc)",
    commands: EVERY,
    to: "Profiles",
  }),
  nagios: flag({
    generation: "doppel",
    group: "Watching",
    help: "one line and an exit code as Nagios' plugins have them; alerts are Nagios' business then, and none are sent",
    commands: ["monitor check"],
    to: "commands/monitor-check.ts",
  }),
  prometheus: optional(path, {
    generation: "doppel",
    metavar: "FILE",
    group: "Watching",
    help: "also write FILE for the textfile collector of Prometheus' node exporter",
    commands: ["monitor check"],
    to: "commands/monitor-check.ts",
  }),
  listen: optional(text, {
    generation: "doppel",
    metavar: "ADDR",
    group: "Watching",
    help: "go on: answer Prometheus at HOST:PORT (or a port of this machine only), path /metrics, and look again every so often",
    commands: ["monitor check"],
    to: "commands/monitor-check.ts",
  }),
  "check-minutes": withDefault(wholeNumber(1, 1440), "15", {
    generation: "doppel",
    metavar: "N",
    group: "Watching",
    help: "minutes from one look to the next, with --listen or of the timer",
    commands: ["monitor check", "setup monitor"],
    to: "commands/monitor-check.ts, MonitorUnits.minutes",
  }),
  digest: flag({
    generation: "doppel",
    group: "Watching",
    help: "send the digest now, also when all is well",
    commands: ["monitor check"],
    to: "commands/monitor-check.ts",
  }),
  for: withDefault(duration(7 * 86_400), "1h", {
    generation: "doppel",
    metavar: "TIME",
    group: "Encryption",
    help: "how long the passphrase is kept, as in 30m or 1h30m; at most 7d",
    commands: ["unlock"],
    to: "the agent",
  }),
  write: flag({
    generation: "doppel",
    group: "Watching",
    help: "add it to the profiles file, of which nothing else changes; without, it is printed",
    commands: ["profile import"],
    to: "the profiles file",
  }),
} satisfies Record<string, Option>;
