/** The known name that `given` was probably meant to be: the only one that begins with it, else the closest; or undefined. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const beginnings = known.filter((name) => given.length > 2 && name.startsWith(given));
  if (beginnings.length === 1) return beginnings[0];
  const [best] = known
    .map((name) => ({ name, edits: editDistance(given, name) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(Math.min(name.length, given.length) / 3)))
    .sort((a, b) => a.edits - b.edits);
  return best?.name;
}

/** How many characters have to be inserted, deleted, replaced or swapped with their neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
