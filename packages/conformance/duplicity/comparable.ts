/** What two runs of any program can not have in common: how long they took, and what compressed data come to. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  // Statistics (cli spec 4.3): the clock, and the size of what deflate made of the volumes.
  [/^((?:\. )?(?:StartTime|EndTime)) \d+\.\d\d \(.{24}\)$/gm, "$1 T"],
  [/^((?:\. )?ElapsedTime) .*$/gm, "$1 T"],
  [/^((?:\. )?TotalDestinationSizeChange) \d+ \(.*\)$/gm, "$1 N"],
];

/** An output without them. */
export function comparable(text: string): string {
  return VARYING.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}
