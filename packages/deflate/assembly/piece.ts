import { alignToByte } from "./bit-writer";
import { endBlock, granuleParsed, startBlock } from "./blocks";
import { forget, parse, remember } from "./levels";
import { forgetRandom, GRANULE, looksUniform, repeatsRandom } from "./randomness";
import { writeStored } from "./stored";
import { WINDOW } from "./window";

/** Compresses the input [start, end), granule by granule: what nothing can be made of is stored, the rest is parsed into blocks. */
export function compress(start: usize, end: usize, level: u32, last: bool): void {
  forget(level);
  forgetRandom();
  startBlock(start);
  /** How far it is parsed, or found to be stored: that is from `storedFrom` on, while `storing`. */
  let p = start;
  let storing = false;
  let storedFrom = start;
  for (let granule = start; granule < end; granule += GRANULE) {
    const next = min<usize>(granule + GRANULE, end);
    // A last bit is too short to be judged: it goes with what is before it.
    const uniform = next - granule === GRANULE ? looksUniform(granule) : storing;
    const repeats = uniform && next - granule === GRANULE && repeatsRandom(granule);
    if (uniform && !repeats) {
      if (!storing) {
        endBlock(p, false);
        storedFrom = p;
        storing = true;
      }
      p = next;
      continue;
    }
    if (storing) {
      writeStored(storedFrom, p, false);
      startBlock(p);
      storing = false;
      if (repeats) remember(level, max<usize>(storedFrom, p - min<usize>(p - start, WINDOW)), p);
    }
    p = parse(level, p, next, end);
    granuleParsed(p);
  }
  if (storing) return writeStored(storedFrom, end, last);
  endBlock(end, last);
  if (last) alignToByte();
  else writeStored(end, end, false);
}
