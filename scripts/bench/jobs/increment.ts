import { type Ground, waitASecond } from "../ground.ts";
import { figures, type Job, programOf } from "./job.ts";

/** Last of a pair: what they store makes the chains longer that others read. */
export function incrementJobs(ground: Ground): readonly Job[] {
  const compared = { peer: "duplicity", needs: ["duplicity"] };
  return [
    {
      ...compared,
      id: "increment",
      name: "increment, nothing changed",
      bounds: [{ of: "speed", limit: 3 }],
      prepare() {
        for (const program of ["doppel", "duplicity"] as const) ground.target(program);
        waitASecond();
      },
      run(side) {
        const { folder, cache } = ground.target(programOf(side));
        const args = ["incremental", "--encrypt-key", ground.key, ground.corpus, `file://${folder}`];
        return figures(ground.run(programOf(side), args, cache));
      },
    },
    {
      ...compared,
      id: "increment-big",
      name: `increment, 300 edits in a file of ${ground.sizes.bigMegabytes} MB`,
      bounds: [{ of: "speed", limit: 1.5 }],
      prepare(pair) {
        for (const program of ["doppel", "duplicity"] as const) ground.bigTarget(program);
        ground.editedBigFile(pair);
        waitASecond();
      },
      run(side) {
        const { folder, cache } = ground.bigTarget(programOf(side));
        const args = ["incremental", "--encrypt-key", ground.key, ground.bigFolder(), `file://${folder}`];
        return figures(ground.run(programOf(side), args, cache));
      },
    },
  ];
}
