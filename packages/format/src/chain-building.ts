import type { BackupSet, Chain, Collection } from "./chains.ts";
import type { SetId } from "./names.ts";

type Joined = Omit<Collection, "orphanedSignatures" | "conflicts">;

/**
 * Joins sets to chains as stock does (spec 1.5): by end time, a full set opens a chain, an increment continues the first
 * chain that ends where it starts, or replaces that chain's last increment if it starts where that one did.
 *
 * @param signatures the sets that have a signature archive.
 */
export function joinChains(sets: readonly BackupSet[], signatures: readonly SetId[]): Joined {
  const ordered = [...sets].sort((a, b) => byEnd(a.id, b.id));
  const joiner = new Joiner<BackupSet>((set) => set.id, true);
  const incomplete = ordered.filter((set) => set.manifest === undefined);
  const orphaned = ordered.filter((set) => set.manifest !== undefined && !joiner.add(set));
  const chains = joiner.links
    .map(chainOf)
    .sort((a, b) => a.end.getTime() - b.end.getTime() || a.start.getTime() - b.start.getTime());
  const discarded = discardedByStock(chains.at(-1), signatures);
  return {
    chains,
    incomplete,
    orphaned,
    superseded: joiner.replaced,
    ...(discarded === undefined ? {} : { stockDiscards: discarded }),
  };
}

function byEnd(a: SetId, b: SetId): number {
  return a.end.getTime() - b.end.getTime() || kindOrder(a) - kindOrder(b) || a.start.getTime() - b.start.getTime();
}

/** For signatures stock sorts by start (spec 1.5). */
function byStart(a: SetId, b: SetId): number {
  return a.start.getTime() - b.start.getTime() || kindOrder(a) - kindOrder(b) || a.end.getTime() - b.end.getTime();
}

function kindOrder(id: SetId): number {
  return id.kind === "full" ? 0 : 1;
}

function chainOf(links: readonly BackupSet[]): Chain {
  const [full, ...incrementals] = links as [BackupSet, ...BackupSet[]];
  return {
    full,
    incrementals,
    start: full.id.end,
    end: links.at(-1)!.id.end,
    hasSignatures: links.every((set) => set.signatures !== undefined),
  };
}

/** Chains under construction. Looked up by time, so that a long listing stays cheap. */
class Joiner<Item> {
  readonly links: Item[][] = [];
  readonly replaced: Item[] = [];
  readonly #idOf: (item: Item) => SetId;
  readonly #replace: boolean;
  readonly #byEnd = new Map<number, Set<number>>();
  readonly #byLastStart = new Map<number, Set<number>>();

  constructor(idOf: (item: Item) => SetId, replace: boolean) {
    this.#idOf = idOf;
    this.#replace = replace;
  }

  /** Whether the item found a place. */
  add(item: Item): boolean {
    const { kind, start } = this.#idOf(item);
    if (kind === "full") {
      this.#enter(this.links.push([item]) - 1);
      return true;
    }
    const candidates = [...(this.#byEnd.get(start.getTime()) ?? []), ...(this.#byLastStart.get(start.getTime()) ?? [])];
    if (candidates.length === 0) return false;
    const index = candidates.reduce((a, b) => Math.min(a, b));
    const links = this.links[index]!;
    const last = this.#idOf(links.at(-1)!);
    this.#leave(index);
    if (last.kind === "inc" && last.start.getTime() === start.getTime() && this.#replace) this.replaced.push(links.pop()!);
    links.push(item);
    this.#enter(index);
    return true;
  }

  #enter(index: number): void {
    const last = this.#idOf(this.links[index]!.at(-1)!);
    put(this.#byEnd, last.end.getTime(), index);
    if (this.#replace && last.kind === "inc") put(this.#byLastStart, last.start.getTime(), index);
  }

  #leave(index: number): void {
    const last = this.#idOf(this.links[index]!.at(-1)!);
    this.#byEnd.get(last.end.getTime())?.delete(index);
    this.#byLastStart.get(last.start.getTime())?.delete(index);
  }
}

function put(map: Map<number, Set<number>>, key: number, value: number): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}

/**
 * Stock pairs the newest chain with the newest signature chain that ends with it or with its last set but one; in the
 * latter case it forgets the last set (spec 1.5, Pairing).
 */
function discardedByStock(newest: Chain | undefined, signatures: readonly SetId[]): BackupSet | undefined {
  const last = newest?.incrementals.at(-1);
  if (newest === undefined || last === undefined) return undefined;
  const joiner = new Joiner<SetId>((id) => id, false);
  for (const id of [...signatures].sort(byStart)) joiner.add(id);
  const ends = new Set(joiner.links.map((links) => links.at(-1)!.end.getTime()));
  const before = newest.incrementals.at(-2) ?? newest.full;
  return !ends.has(newest.end.getTime()) && ends.has(before.id.end.getTime()) ? last : undefined;
}
