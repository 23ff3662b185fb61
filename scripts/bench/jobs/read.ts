import { existsSync } from "node:fs";
import type { Ground, Target } from "../ground.ts";
import { megabytesRead } from "../page-cache.ts";
import type { Program } from "../programs.ts";
import type { Run, Side } from "../results.ts";
import { figures, type Job, programOf } from "./job.ts";

export function restoreAll(ground: Ground, program: Program, pair: number): Run {
  const { folder, cache } = ground.target(program);
  return ground.once(`restore ${program} ${pair}`, () => {
    const out = ground.fresh("out"); // stays until all is measured: see Ground.removeAfterPair
    return figures(ground.run(program, ["restore", `file://${folder}`, out], cache));
  });
}

export function restoreOne(ground: Ground, program: Program, pair: number): Run {
  const target = ground.target(program);
  return ground.once(`restore one ${program} ${pair}`, () => restoreOneFrom(target, ground, program));
}

/** With an empty archive directory: everything comes from the target. */
function restoreOneFrom({ folder }: Target, ground: Ground, program: Program): Run {
  const out = ground.fresh("out");
  const run = ground.run(program, ["restore", "--file-to-restore", ground.wanted, `file://${folder}`, out]);
  if (!existsSync(out)) throw new Error(`${program} restored nothing`);
  return figures(run);
}

export function readJobs(ground: Ground): readonly Job[] {
  const list = (side: Side, { folder }: Target): Run => {
    const command = side === "doppel" ? "list" : "list-current-files";
    return figures(ground.run(programOf(side), [command, `file://${folder}`]));
  };
  const compared = { peer: "duplicity", needs: ["duplicity"], prepare: () => both(ground) };
  return [
    {
      ...compared,
      id: "restore",
      name: "restore everything",
      bounds: [{ of: "speed", limit: 3 }],
      run: (side, pair) => restoreAll(ground, programOf(side), pair),
    },
    {
      ...compared,
      id: "restore-one",
      name: "restore one file, cold cache",
      bounds: [
        { of: "speed", limit: 15 },
        { of: "read", limit: 4 },
      ],
      run: (side, pair) => restoreOne(ground, programOf(side), pair),
      readMegabytes(side) {
        const target = ground.target(programOf(side));
        return megabytesRead(target.folder, () => restoreOneFrom(target, ground, programOf(side)));
      },
    },
    {
      ...compared,
      id: "list",
      name: "list, cold cache",
      bounds: [{ of: "speed", limit: 15 }],
      run: (side) => list(side, ground.target(programOf(side))),
      readMegabytes(side) {
        const target = ground.target(programOf(side));
        return megabytesRead(target.folder, () => list(side, target));
      },
    },
  ];
}

/** Neither is measured while the other's backup is made. */
function both(ground: Ground): void {
  for (const program of ["doppel", "duplicity"] as const) ground.target(program);
}
