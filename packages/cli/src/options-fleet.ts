import { EVERY } from "./command-groups.ts";
import { type Option, optional, path } from "./option.ts";

/** Of the commands that look after many servers. */
export const FLEET_OPTIONS = {
  profiles: optional(path, {
    generation: "doppel",
    metavar: "FILE",
    group: "Watching",
    help: "the file with the profiles that @NAME names (default: $DOPPEL_PROFILES, ~/.config/doppel/profiles.yaml, /etc/doppel/profiles.yaml)",
    commands: EVERY,
    to: "Profiles",
  }),
} satisfies Record<string, Option>;
