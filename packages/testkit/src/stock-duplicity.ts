import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { GpgHome } from "./gpg-home.ts";
import { type RunResult, run } from "./run.ts";
import { openTempDir } from "./temp-dir.ts";

/** Stock duplicity with a home, a temporary and an archive directory of its own. Disposing removes them. */
export interface StockDuplicity extends Disposable {
  readonly archiveDir: string;
  /** Runs `duplicity ...args --archive-dir …`; `env` adds to the clean environment (PASSPHRASE). Rejects only when it cannot be started or hangs. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<RunResult>;
}

/** `home` has the keys; without it gpg finds none. The time zone is UTC, the locale C.UTF-8. */
export function stockDuplicity(home?: GpgHome): StockDuplicity {
  const dir = openTempDir("/tmp");
  const [archiveDir, userHome, temporary] = [join(dir.path, "archive"), join(dir.path, "home"), join(dir.path, "tmp")];
  for (const path of [archiveDir, userHome, temporary]) mkdirSync(path, { mode: 0o700 });
  const clean = { PATH: process.env["PATH"], HOME: userHome, TMPDIR: temporary, TZ: "UTC", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
  return {
    archiveDir,
    run: (args, env = {}) =>
      run("duplicity", [...args, "--archive-dir", archiveDir], {
        env: { ...clean, ...(home && { GNUPGHOME: home.path }), ...env },
        cwd: dir.path,
      }),
    [Symbol.dispose]() {
      // Without a GpgHome gpg may have started an agent below our HOME.
      const own = join(userHome, ".gnupg");
      if (existsSync(own)) spawnSync("gpgconf", ["--homedir", own, "--kill", "all"], { stdio: "ignore" });
      dir[Symbol.dispose]();
    },
  };
}
