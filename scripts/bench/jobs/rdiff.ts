import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Ground } from "../ground.ts";
import { measure } from "../measure.ts";
import { TSX } from "../tsx.ts";
import { figures, type Job } from "./job.ts";

const OURS = join(import.meta.dirname, "../../../packages/rsync/src/testing/rsync-bench.ts");
/** What duplicity and doppel make of a large file (spec 4.3). */
const LIKE_DUPLICITY = ["-H", "md4", "-b", "2048", "-S", "8"];

/** What an increment makes of a changed file: its signature, and the delta from the old one. Only CPU time says something here. */
export function rdiffJob(ground: Ground): Job {
  const oldSignature = (): string =>
    ground.once("old signature", () => {
      const path = ground.fresh("old.sig");
      execFileSync("rdiff", [...LIKE_DUPLICITY, "signature", ground.bigFile(), path]);
      return path;
    });
  return {
    id: "rdiff",
    name: `signature and delta of a file of ${ground.sizes.bigMegabytes} MB, 300 edits`,
    peer: "rdiff",
    needs: ["rdiff"],
    bounds: [{ of: "cpu", limit: 1.5 }],
    prepare(pair) {
      oldSignature();
      ground.editedBigFile(pair);
    },
    run(side, pair) {
      const [signature, file] = [oldSignature(), ground.editedBigFile(pair)];
      const [newSignature, delta] = [ground.fresh("new.sig"), ground.fresh("delta")];
      if (side === "peer") {
        const script = `sig="$1" file="$2" newsig="$3" delta="$4"; shift 4
          rdiff "$@" signature "$file" "$newsig" && rdiff delta "$sig" "$file" "$delta"`;
        const args = ["-c", script, "sh", signature, file, newSignature, delta, ...LIKE_DUPLICITY];
        return figures(measure("sh", args, ground.env));
      }
      const run = measure(process.execPath, [...TSX, OURS, signature, file, newSignature, delta], ground.env);
      // Without the start of Node and the loading of sources, which are no part of the work.
      const inside = JSON.parse(run.output) as { readonly seconds: number; readonly cpuSeconds: number };
      return figures({ ...run, wallSeconds: inside.seconds, cpuSeconds: inside.cpuSeconds });
    },
  };
}
