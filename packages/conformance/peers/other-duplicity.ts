import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openTempDir, run, type StockDuplicity } from "@doppel/testkit";

/** The version that a command line prints. @throws Error when it cannot be run */
export function versionOf(command: string): string {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", `${command} --version`], { encoding: "utf8", timeout: 600_000 });
  if (status !== 0) throw new Error(`${command} --version: exit code ${status}: ${stderr}`);
  return stdout.trim();
}

/**
 * Another duplicity than the one of the system, through a command line that may have several words (it is given to sh).
 * All its paths are below /tmp, and TMPDIR is left alone: it may run in a container that shares no more than /tmp.
 */
export function otherDuplicity(command: string): StockDuplicity {
  const dir = openTempDir("/tmp");
  const [archiveDir, home, temporary] = [join(dir.path, "archive"), join(dir.path, "home"), join(dir.path, "tmp")];
  for (const path of [archiveDir, home, temporary]) mkdirSync(path, { mode: 0o700 });
  const env = { PATH: process.env["PATH"], HOME: home, TZ: "UTC", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
  return {
    archiveDir,
    run: (args, more = {}) =>
      run("sh", ["-c", `${command} "$@"`, "sh", ...args, "--archive-dir", archiveDir, "--tempdir", temporary], {
        env: { ...env, ...more },
        cwd: dir.path,
      }),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}
