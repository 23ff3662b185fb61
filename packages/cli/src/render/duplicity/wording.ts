/** How things are counted: generation 3 leaves it at `file(s)`, 0.8 has proper plurals (cli spec 4.9). */
export type Counting = "duplicity-3" | "duplicity-0.8";

/** `2 files`; in generation 3 `2 file(s)`. */
export function countOf(count: number, noun: string, counting: Counting): string {
  return `${count} ${nounFor(count, noun, counting)}`;
}

/** `files`, `file`; in generation 3 `file(s)`. */
export function nounFor(count: number, noun: string, counting: Counting): string {
  if (counting === "duplicity-3") return `${noun}(s)`;
  return count === 1 ? noun : `${noun}s`;
}

/** UTC as in names at the target, for programs: `20261122T212305Z`. */
export function compactTime(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, "");
}
