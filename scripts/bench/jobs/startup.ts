import { join } from "node:path";
import type { Ground } from "../ground.ts";
import { measure } from "../measure.ts";
import { figures, type Job } from "./job.ts";

/** Starts in one measurement: GNU time counts in hundredths of a second. */
const STARTS = 10;

/** CPU time of `--version`, beside that of Node doing nothing. */
export function startupJobs(ground: Ground): readonly Job[] {
  const bin = join(import.meta.dirname, "../../../packages/cli/bin");
  const loop = `for i in ${"x ".repeat(STARTS)}; do "$@" >/dev/null || exit; done`;
  return (["doppel", "duplicity"] as const).map((name) => ({
    id: name === "doppel" ? "startup" : "startup-duplicity",
    name: name === "doppel" ? "doppel --version" : "duplicity --version (ours)",
    peer: "node -e 0",
    needs: [],
    bounds: [{ of: "cpu", limit: 1.7 }],
    run(side) {
      const command = side === "doppel" ? [join(bin, `${name}.js`), "--version"] : ["-e", "0"];
      const run = measure("sh", ["-c", loop, "sh", process.execPath, ...command], ground.env);
      return figures({ ...run, wallSeconds: run.wallSeconds / STARTS, cpuSeconds: run.cpuSeconds / STARTS });
    },
  }));
}
