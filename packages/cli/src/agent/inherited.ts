import { closeSync } from "node:fs";
import { flagsOf, openDescriptors } from "../open-descriptors.ts";

/** open(2): closed by exec. What Node opens for itself has it; what came through exec cannot. */
const CLOEXEC = 0o2000000;

/**
 * Closes what whoever started this process had open, but for the first three: locks that would stay held, pipes that would never end.
 * Does nothing where the system does not tell.
 */
export function closeInherited(): void {
  for (const descriptor of openDescriptors()) {
    if (descriptor <= 2) continue;
    const flags = flagsOf(descriptor);
    if (flags === undefined || (flags & CLOEXEC) !== 0) continue;
    try {
      closeSync(descriptor);
    } catch {
      // somebody was faster
    }
  }
}
