import { writeFileSync } from "node:fs";

/**
 * Keeps memory, where passphrases, keys and plain text are, out of what a crash leaves. A core dump of this process and of those that it
 * starts has no memory in it then (core(5): no kind of mapping is chosen), and Node's diagnostic reports, where the user asks for them,
 * have no environment from Node 22 on. Node cannot lower the limit of a dump's size as a shell can. Where there is no /proc, nothing changes.
 */
export function keepMemoryOutOfDumps(): void {
  (process.report as { excludeEnv?: boolean }).excludeEnv = true;
  try {
    writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // No Linux, or a sandbox without it.
  }
}
