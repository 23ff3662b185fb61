import type { Option } from "./option.ts";

/** Of the commands that look after many servers. */
export const FLEET_OPTIONS = {} satisfies Record<string, Option>;
