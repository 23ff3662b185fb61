import { EVERY } from "./command-groups.ts";
import { duration, flag, type Option, optional, path, withDefault } from "./option.ts";

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
