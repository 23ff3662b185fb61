import { flag, oneOf, type Option, optional, path, text, withDefault } from "./option.ts";

/** Of the commands that prepare backups. */
export const SETUP_OPTIONS = {
  print: flag({
    generation: "doppel",
    group: "Setting up",
    help: "show all files, write nothing",
    commands: ["setup monitor"],
    to: "commands/setup-monitor.ts",
  }),
  root: optional(path, {
    generation: "doppel",
    metavar: "DIR",
    group: "Setting up",
    help: "write below this folder as if it were /, and start nothing",
    commands: ["setup monitor"],
    to: "commands/setup-monitor.ts",
  }),
  scheduler: withDefault(oneOf("systemd", "cron"), "systemd", {
    generation: "doppel",
    metavar: "NAME",
    group: "Setting up",
    help: "systemd: a hardened service and its timer; or cron: an entry in /etc/cron.d",
    commands: ["setup monitor"],
    to: "MonitorUnits.scheduler",
  }),
  "service-user": optional(text, {
    generation: "doppel",
    metavar: "USER",
    group: "Setting up",
    help: "who the monitor runs as (default: with systemd a user of its own for each run, with cron root)",
    commands: ["setup monitor"],
    to: "MonitorUnits.user",
  }),
} satisfies Record<string, Option>;
