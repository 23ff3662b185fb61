import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, symlinkSync } from "node:fs";
import { type BytePath, joinPath, type PathEntry, pathToBytes } from "@doppel/base";
import { TreeProblemError } from "../source.ts";

/**
 * Makes a symlink, fifo or device called `name` (plain ASCII) in `directory`.
 * @throws TreeProblemError when it cannot be made here; errors of the system for symlinks
 */
export function makeNode(directory: BytePath, name: string, entry: PathEntry): void {
  if (entry.type === "symlink") {
    if (entry.linkTarget === undefined) throw refused(entry, "it is a symlink without a target");
    if (entry.linkTarget.includes("\0")) throw refused(entry, "its target has a NUL in it");
    symlinkSync(pathToBytes(entry.linkTarget), pathToBytes(joinPath(directory, name as BytePath)));
    return;
  }
  if (entry.type === "fifo") return run(entry, directory, "mkfifo", ["-m", "600", "--", name]);
  if (entry.device === undefined) throw refused(entry, "it is a device without numbers");
  const { major, minor } = entry.device;
  const letter = entry.type === "chardev" ? "c" : "b";
  run(entry, directory, "mknod", ["-m", "600", "--", name, letter, String(major), String(minor)]);
}

/** All that the programs get of an environment, in which there may be secrets: where systems have them, the last two NixOS and Guix. */
const ENVIRONMENT = {
  PATH: "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/run/current-system/sw/bin:/run/current-system/profile/bin",
};

/** Node has no mknod(2), and its arguments for programs are text: so a plain name, made from inside the directory. */
function run(entry: PathEntry, directory: BytePath, program: string, args: readonly string[]): void {
  const bytes = pathToBytes(directory);
  const text = bytes.toString("utf8");
  // The working directory is text as well. One that is no UTF-8 is handed over as a descriptor.
  const fd = Buffer.from(text).equals(bytes) ? undefined : openSync(bytes, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const cwd = fd === undefined ? text : `/proc/self/fd/${fd}`;
    const done = spawnSync(program, args, { cwd, env: ENVIRONMENT, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
    if (done.error !== undefined) throw refused(entry, `${program} could not be run`, done.error);
    if (done.status !== 0) throw refused(entry, done.stderr.trim().split("\n").at(-1) ?? `${program} failed`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function refused(entry: PathEntry, why: string, cause?: unknown): TreeProblemError {
  const what = entry.type === "fifo" ? "fifo" : entry.type === "symlink" ? "symlink" : "device";
  const detail = `the ${what} could not be made: ${why}`;
  return new TreeProblemError({ reason: "conflict", path: entry.path, incomplete: true, detail }, cause);
}
