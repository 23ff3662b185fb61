import { closeSync, readdirSync, readFileSync } from "node:fs";

/** open(2): closed by exec. What Node opens for itself has it; what came through exec cannot. */
const CLOEXEC = 0o2000000;

/**
 * Closes what whoever started this process had open, but for the first three: locks that would stay held, pipes that would never end.
 * Does nothing where the system does not tell.
 */
export function closeInherited(): void {
  for (const descriptor of descriptors()) {
    if (descriptor <= 2) continue;
    try {
      const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"))?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & CLOEXEC) === 0) closeSync(descriptor);
    } catch {
      // that of the listing is closed by now
    }
  }
}

function descriptors(): readonly number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return [];
  }
}
