import { lstat, readFile, readlink } from "node:fs/promises";
import type { Runtime } from "@doppel/base";

/** Who holds a lock, as the target of a symbolic link: its lengths allow 4096 bytes, and this takes about 150. */
export interface Claim {
  readonly text: string;
  /** No other claim has it. */
  readonly number: string;
  readonly hostname: string;
  /** Since when the kernel runs and in which list of processes: where both are the same, a process can be looked up. */
  readonly kernel: string;
  readonly processes: string;
  readonly pid: string;
  /** When that process began: another with the same number began later. */
  readonly began: string;
}

/** This process's. Without /proc nothing of it can be looked up by others. */
export async function claimOf(hostname: string, random: Runtime["random"]): Promise<Claim> {
  const [kernel = "", processes = "", stat] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "latin1").catch(() => undefined),
    readlink("/proc/self/ns/pid").catch(() => undefined),
    processStat("self"),
  ]);
  const number = Buffer.from(random.bytes(8)).toString("hex");
  const fields = [number, hostname, kernel.trim(), processes, stat?.pid ?? "", stat?.began ?? ""];
  return parseClaim(fields.map(encodeURIComponent).join(" "));
}

export function parseClaim(text: string): Claim {
  const [number = "", hostname = "", kernel = "", processes = "", pid = "", began = ""] = text.split(" ").map(decoded);
  return { text, number: number.replaceAll("/", "_"), hostname, kernel, processes, pid, began };
}

/** Undefined: it cannot be seen from here, being of another machine or another container. */
export async function isAlive(holder: Claim, me: Claim): Promise<boolean | undefined> {
  if (holder.kernel !== me.kernel) return holder.kernel !== "" && holder.hostname === me.hostname ? false : undefined; // rebooted
  if (me.kernel === "" || holder.processes !== me.processes) return undefined;
  const stat = await processStat(holder.pid);
  if (stat === undefined && (await processStat("1")) === undefined) return undefined; // hidepid: others' look as if they were not there
  return stat !== undefined && stat.began === holder.began && stat.state !== "Z" && stat.state !== "X";
}

/** How long before `later` the link `earlier` was touched, in milliseconds by the clock of the file system. @returns Infinity when it is gone */
export async function silenceBetween(earlier: string, later: string): Promise<number> {
  try {
    return (await lstat(later)).mtimeMs - (await lstat(earlier)).mtimeMs;
  } catch {
    return Infinity;
  }
}

/** proc(5): the name, in brackets, may contain anything; the state is the 3rd field and the time of its beginning the 22nd. */
async function processStat(
  pid: string,
): Promise<{ readonly pid: string; readonly state: string; readonly began: string } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { pid: text.slice(0, text.indexOf(" ")), state: fields[0] ?? "", began: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
