/* oxlint-disable no-console, no-restricted-globals -- a program, not a part of the library */
import { loadRsync } from "./rsync.ts";
import {
  compareDeltas,
  compareHostileDeltas,
  compareHostileSignatures,
  compareSignatures,
  compareWindowedDeltas,
  FORMATS,
} from "./testing/differential.ts";
import { Seeded } from "./testing/inputs.ts";
import { Rdiff } from "./testing/rdiff.ts";

// npx tsx -C @doppel/source packages/rsync/src/rdiff.fuzz.ts [first seed] [seeds]
// Each seed is one of every comparison; one that fails names its seed.
const [first = "1", seeds = "1000"] = process.argv.slice(2);
const sides = { rsync: await loadRsync(), rdiff: new Rdiff() };
const counts: Record<string, number> = {};

try {
  for (let seed = Number(first); seed < Number(first) + Number(seeds); seed++) {
    const seeded = new Seeded(seed);
    try {
      const format = seeded.pick(FORMATS);
      compareSignatures(sides, seeded, format);
      compareDeltas(sides, seeded, format);
      compareWindowedDeltas(sides, seeded, format);
      count(`damaged signatures ${compareHostileSignatures(sides, seeded, format)}`);
      count(`damaged deltas ${compareHostileDeltas(sides, seeded)}`);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
} finally {
  sides.rdiff.close();
}
console.log(`${seeds} seeds agree`, counts);

function count(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
