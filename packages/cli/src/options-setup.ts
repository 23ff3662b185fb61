import type { Option } from "./option.ts";

/** Of the commands that prepare backups. */
export const SETUP_OPTIONS = {} satisfies Record<string, Option>;
