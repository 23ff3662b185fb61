/** Commands that take the same options. */
export const CONTINUE = ["backup", "incremental"] as const;
export const WRITE = ["backup", "full", "incremental"] as const;
export const RESTORE = ["restore", "fetch"] as const;
export const COMPARE = ["verify"] as const;
export const AT_A_TIME = ["restore", "verify", "list", "recipe"] as const;
export const OF_A_PATH = ["restore", "verify", "list", "diff"] as const;
export const READ = ["restore", "fetch", "verify", "recipe", "status", "list", "find", "diff", "check", "drill"] as const;
export const DELETE = ["remove-older-than", "remove-all-but-n-full", "remove-all-inc-of-but-n-full", "prune", "cleanup"] as const;
/** Commands that may have to open what is encrypted. */
export const WITH_KEYS = [...WRITE, "replicate", ...READ, "unlock"] as const;
/** Commands that look at a target or its bucket without a key. */
const WITHOUT_KEYS = ["audit", "doctor", "runbook", "setup bucket"] as const;
/** Commands that open a target. */
export const ALL = [...WITH_KEYS, ...DELETE, ...WITHOUT_KEYS] as const;
/** Commands to which it matters where a target is and how it stores: `setup server` writes that into a profile. */
export const PLACED = [...ALL, "setup server"] as const;
/** Commands that open none, or many. */
const ELSEWHERE = ["explain", "lock", "profile import", "monitor check", "setup key", "setup monitor", "completion"] as const;
export const EVERY = [...PLACED, ...ELSEWHERE] as const;
/** Commands that may take long. */
export const WITH_PROGRESS = [...WRITE, ...RESTORE, "verify", "audit"] as const;
