import { numbersFrom } from "../random-numbers.ts";

/** How many of the objects are read: their bytes, and not only their sizes. */
export type Sample =
  | { readonly kind: "all" }
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "objects"; readonly count: number };

/** Chooses names: the same of the same names for the same seed, whatever their order was. Each is as likely as the others. */
export function chooseSample(names: readonly string[], sample: Sample, seed: number): ReadonlySet<string> {
  const rest = [...names].sort();
  const wanted = countOf(sample, rest.length);
  const random = numbersFrom(seed);
  for (let i = 0; i < wanted; i++) {
    const j = i + Math.floor(random() * (rest.length - i));
    [rest[i], rest[j]] = [rest[j]!, rest[i]!];
  }
  return new Set(rest.slice(0, wanted));
}

/** Of a percentage one more rather than one less: 1 % of 7 objects is one. */
function countOf(sample: Sample, available: number): number {
  switch (sample.kind) {
    case "all":
      return available;
    case "percent":
      return Math.min(available, Math.ceil((available * sample.percent) / 100));
    case "objects":
      return Math.min(available, sample.count);
  }
}
