import { readdirSync, readFileSync } from "node:fs";

/** Numbers of the descriptors that this process has open, one of which is the listing's and closed by now; none where the system does not tell. */
export function openDescriptors(): readonly number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return [];
  }
}

/** Flags of a descriptor as open(2) has them; undefined where it is not open, or the system does not tell (proc(5): octal). */
export function flagsOf(descriptor: number): number | undefined {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"))?.[1];
    return flags === undefined ? undefined : Number.parseInt(flags, 8);
  } catch {
    return undefined;
  }
}
