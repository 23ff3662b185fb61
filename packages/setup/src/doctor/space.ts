import { accessSync, constants, existsSync, opendirSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "@doppel/base";
import type { Check, DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";

const MIB = 2 ** 20;

/** Whether there is room for what is written here while backups are made. */
export const space: Check = async ({ machine }) => [temporary(machine), archive(machine)];

function temporary({ tempDir, volumeBytes }: DoctorContext["machine"]): Finding {
  const id = "temp-space";
  const path = tempDir();
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const shown = `${Math.floor(free / MIB)} MiB free in ${path}; a volume has ${Math.ceil(volumeBytes / MIB)}`;
  if (free < volumeBytes) {
    return {
      id,
      level: "fail",
      title: "a volume does not fit into the temporary folder",
      detail: shown,
      remedy: "--tempdir DIR on a larger disk, or a smaller --volsize",
    };
  }
  if (free < 3 * volumeBytes)
    return {
      id,
      level: "warn",
      title: "the temporary folder is nearly full",
      detail: shown,
      remedy: "--tempdir DIR on a larger disk",
    };
  return { id, level: "pass", title: `temporary space: ${shown}` };
}

function archive({ archiveDir }: DoctorContext["machine"]): Finding {
  const id = "archive-dir";
  const there = nearestThere(archiveDir);
  try {
    opendirSync(there).closeSync();
    accessSync(there, constants.W_OK | constants.X_OK);
    const title =
      there === archiveDir
        ? `the archive directory ${archiveDir} can be used`
        : `the archive directory ${archiveDir} can be made`;
    return { id, level: "pass", title };
  } catch (error) {
    const detail = `${there}: ${errnoOf(error) ?? String(error)}`;
    return {
      id,
      level: "fail",
      title: `the archive directory ${archiveDir} cannot be used`,
      detail,
      remedy: "--archive-dir DIR that this user may write to",
    };
  }
}

/** The folder itself, or the nearest above it that there is. */
function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path));
}
