import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./programs.ts";

/**
 * Megabytes of the folder's files that `run` reads, each counted once, whoever reads them: the files are thrown out of the
 * page cache first (GNU dd), and afterwards the kernel is asked how much of them is in it again (fincore of util-linux). It
 * reads ahead by up to 128 KiB a place, so this is at most too much: one file out of a 300 MB backup came to 2.08 MB, of which
 * doppel had asked for 1.02 (strace). undefined where that does not work (no fincore; a tmpfs).
 */
export function megabytesRead(folder: string, run: () => void): number | undefined {
  if (findProgram("fincore") === undefined || findProgram("dd") === undefined) return undefined;
  const files = readdirSync(folder).map((name) => join(folder, name));
  execFileSync("sync", files); // what is not on disk yet would stay
  for (const file of files) execFileSync("dd", [`if=${file}`, "iflag=nocache", "count=0", "status=none"]);
  if (residentBytes(files) > 0) return undefined;
  run();
  return residentBytes(files) / 1e6;
}

function residentBytes(files: readonly string[]): number {
  const output = execFileSync("fincore", ["--bytes", "--noheadings", "--raw", "--output", "RES", ...files], { encoding: "utf8" });
  return output
    .trim()
    .split("\n")
    .reduce((sum, line) => sum + Number(line), 0);
}
