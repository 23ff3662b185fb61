import { rmSync, statSync } from "node:fs";
import { folderMegabytes, type Ground } from "../ground.ts";
import { measure } from "../measure.ts";
import type { Program } from "../programs.ts";
import type { Run } from "../results.ts";
import { figures, type Job, programOf } from "./job.ts";

/** A full backup with default options; one run of each program in a pair, whichever jobs compare with it. */
export function defaultFull(ground: Ground, program: Program, pair: number): Run {
  return ground.once(`full ${program} ${pair}`, () => {
    const run = ground.full(program, [], "corpus");
    return figures(run, folderMegabytes(run.target.folder));
  });
}

export function backupJobs(ground: Ground): readonly Job[] {
  const fullWith = (...options: string[]): Run => {
    const run = ground.full("doppel", options);
    const stored = folderMegabytes(run.target.folder);
    ground.discard(run.target);
    return figures(run, stored);
  };
  return [
    {
      id: "full",
      name: "full, encrypted",
      peer: "duplicity",
      needs: ["duplicity"],
      bounds: [
        { of: "speed", limit: 4 },
        { of: "stored", limit: 1.02 },
        { of: "cpu", limit: 0.7 },
      ],
      run: (side, pair) => defaultFull(ground, programOf(side), pair),
    },
    {
      id: "full-1",
      name: "full, --compress-level 1",
      peer: "duplicity, default level",
      needs: ["duplicity"],
      bounds: [{ of: "speed", limit: 7 }],
      run: (side, pair) => (side === "doppel" ? fullWith("--compress-level", "1") : defaultFull(ground, "duplicity", pair)),
    },
    {
      id: "full-plain",
      name: "full, --no-compression, encrypted",
      peer: "tar | gpg -z 0",
      needs: ["tar", "gpg"],
      bounds: [{ of: "speed", limit: 0.8 }],
      run: (side) => (side === "doppel" ? fullWith("--no-compression") : tarThroughGpg(ground, "-z", "0")),
    },
    {
      id: "tar-gpg",
      name: "full, encrypted",
      peer: "tar | gpg",
      needs: ["tar", "gpg"],
      bounds: [],
      onRequest: true,
      run: (side, pair) => (side === "doppel" ? defaultFull(ground, "doppel", pair) : tarThroughGpg(ground)),
    },
  ];
}

/** To a file, as a backup does. */
function tarThroughGpg(ground: Ground, ...options: readonly string[]): Run {
  const out = ground.fresh("tar.gpg");
  const script = `from="$1" to="$2" key="$3"; shift 3
    tar -C "$from" -cf - . | gpg --batch --trust-model always "$@" --encrypt --recipient "$key" --output "$to"`;
  const run = measure("sh", ["-c", script, "sh", ground.corpus, out, ground.key, ...options], ground.env);
  const stored = statSync(out).size / 1e6;
  rmSync(out);
  return figures(run, stored);
}
