import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import type { Maker } from "@doppel/base";

/** Clocks of files are coarse, and a clock may be set a little after the start. */
const SLACK_MS = 60_000;

/**
 * This process as the maker of temporary files: machine, start of the kernel, list of processes (a container has its own), process,
 * and when that began, because numbers of processes are used again. Undefined without /proc: then nobody could be looked up.
 */
export function processMaker(hostname: string): Maker | undefined {
  try {
    const id = textOf("/proc/sys/kernel/random/boot_id").slice(0, 8);
    const list = Number(/\d+/.exec(readlinkSync("/proc/self/ns/pid"))![0]).toString(36);
    const own = textOf("/proc/self/stat");
    const machine = createHash("sha256").update(`${machineId()}\n${hostname}`).digest("hex").slice(0, 8);
    const started = 1000 * Number(/^btime (\d+)$/m.exec(textOf("/proc/stat"))![1]);
    const mark = [machine, id, list, Number.parseInt(own, 10).toString(36), beganIn(own)].join(".");
    return {
      mark,
      isGone(other, changed) {
        const [itsMachine, itsKernel, itsList, pid = "", began] = other.trim().split(".");
        if (itsMachine !== machine || began === undefined) return false;
        // Of an earlier start of this machine, or of a twin with the same name: that one's files have changed since we started.
        if (itsKernel !== id) return changed.getTime() < started - SLACK_MS;
        return itsList === list && isNotThere(Number.parseInt(pid, 36), began);
      },
    };
  } catch {
    return undefined;
  }
}

function isNotThere(pid: number, began: string): boolean {
  try {
    return beganIn(textOf(`/proc/${pid}/stat`)) !== began;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return (code === "ENOENT" || code === "ESRCH") && seesOthers();
  }
}

/** With the mount option hidepid, processes of others look as if they were not there; the first one is always there. */
function seesOthers(): boolean {
  try {
    return textOf("/proc/1/stat") !== "";
  } catch {
    return false;
  }
}

/** proc(5): the name, in brackets, may contain anything; the time of its beginning is the 22nd field. */
function beganIn(stat: string): string {
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]).toString(36);
}

function machineId(): string {
  try {
    return textOf("/etc/machine-id");
  } catch {
    return "";
  }
}

function textOf(path: string): string {
  return readFileSync(path, "latin1");
}
