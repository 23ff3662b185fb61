/** Commands that take the same options. */
export const CONTINUE = ["backup", "incremental"] as const;
export const WRITE = ["backup", "full", "incremental"] as const;
export const RESTORE = ["restore"] as const;
export const COMPARE = ["verify"] as const;
export const AT_A_TIME = ["restore", "verify", "list", "recipe"] as const;
export const OF_A_PATH = ["restore", "verify", "list", "diff"] as const;
export const READ = ["restore", "verify", "recipe", "status", "list", "find", "diff"] as const;
export const DELETE = ["remove-older-than", "remove-all-but-n-full", "remove-all-inc-of-but-n-full", "prune", "cleanup"] as const;
/** Commands that may have to open what is encrypted. */
export const WITH_KEYS = [...WRITE, "replicate", ...READ] as const;
export const ALL = [...WITH_KEYS, ...DELETE] as const;
/** Commands that may take long. */
export const WITH_PROGRESS = [...WRITE, "restore", "verify"] as const;
