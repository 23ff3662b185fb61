import type { Option } from "./option.ts";

/** What receipts hold, and who signs them. */
export const RECEIPT_OPTIONS = {} satisfies Record<string, Option>;
