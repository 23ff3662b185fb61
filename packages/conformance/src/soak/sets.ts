/** A complete set at a target, as its manifest's name tells. Times in seconds. */
export interface StoredSet {
  readonly kind: "full" | "inc";
  /** Where an increment begins; of a full set its own time. */
  readonly start: number;
  readonly end: number;
}

/** Sets that build on each other, oldest first; the first is a full one. */
export type StoredChain = readonly [StoredSet, ...StoredSet[]];

const NAME = /^duplicity-(full|inc)\.(?:(\d{8}T\d{6}Z)\.to\.)?(\d{8}T\d{6}Z)\.(.*)$/;

/** The complete sets of a listing, by time. Read by nothing of doppel's own. */
export function completeSets(names: Iterable<string>): readonly StoredSet[] {
  return [...names]
    .flatMap((name) => {
      const set = setOf(name);
      return set && /^manifest(\.gz|\.gpg)?$/.test(set.rest) ? [{ kind: set.kind, start: set.start, end: set.end }] : [];
    })
    .sort((a, b) => a.end - b.end);
}

/** Sets of which there are volumes and no manifest. */
export function incompleteSets(names: Iterable<string>): readonly StoredSet[] {
  const all = [...names];
  const complete = new Set(completeSets(all).map(({ end }) => end));
  const found = new Map<number, StoredSet>();
  for (const name of all) {
    const set = setOf(name);
    if (set && !complete.has(set.end)) found.set(set.end, { kind: set.kind, start: set.start, end: set.end });
  }
  return [...found.values()];
}

/** By the time of their last set. Of two increments on one set the later one counts, as with stock. */
export function chainsOf(sets: readonly StoredSet[]): readonly StoredChain[] {
  const chains: [StoredSet, ...StoredSet[]][] = [];
  for (const set of sets) {
    if (set.kind === "full") {
      chains.push([set]);
      continue;
    }
    const forked = chains.findLast((chain) => chain.at(-1)!.kind === "inc" && chain.at(-1)!.start === set.start);
    forked?.pop();
    (forked ?? chains.findLast((chain) => chain.at(-1)!.end === set.start))?.push(set);
  }
  return chains.sort((a, b) => a.at(-1)!.end - b.at(-1)!.end);
}

/** Complete sets whose time asks for something else: the other one of a fork, and a full set within the times of another chain. */
export function hiddenSets(sets: readonly StoredSet[]): readonly StoredSet[] {
  const chains = chainsOf(sets);
  const isIn = (set: StoredSet, chain: StoredChain): boolean => chain.includes(set);
  return sets.filter(
    (set) =>
      !chains.some((chain) => isIn(set, chain)) ||
      chains.some((chain) => !isIn(set, chain) && chain[0].end < set.end && set.end <= chain.at(-1)!.end),
  );
}

function setOf(name: string): (StoredSet & { readonly rest: string }) | undefined {
  const [, kind, start, end, rest] = NAME.exec(name) ?? [];
  if (end === undefined || rest === undefined) return undefined;
  return { kind: kind as StoredSet["kind"], start: secondsOf(start ?? end), end: secondsOf(end), rest };
}

function secondsOf(time: string): number {
  return Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1000;
}
