import { buildCollection, manifestName, NO_PREFIXES, type SetId, signaturesName, volumeName } from "@doppel/format";
import fc from "fast-check";
import type { Damage } from "./damage.ts";
import { type Inventory, type LocalFile, setKey } from "./inventory.ts";

export const DAY = 24 * 3600 * 1000;
const START = Date.UTC(2023, 10, 14, 22, 13, 20);

/** The instant so many days after the first of a history. */
export function day(number: number): Date {
  return new Date(START + number * DAY);
}

export interface MadeSet {
  readonly id: SetId;
  /** Default 1. */
  readonly volumes?: number;
  /** Default: a manifest and signatures. */
  readonly lacks?: "manifest" | "signatures" | "volumes and manifest";
  /** Volumes that were lost. */
  readonly lost?: readonly number[];
}

/** A full set of that day. */
export function full(at: number, more: Omit<MadeSet, "id"> = {}): MadeSet {
  return { id: { kind: "full", start: day(at), end: day(at) }, ...more };
}

/** An increment from one day to another. */
export function inc(from: number, to: number, more: Omit<MadeSet, "id"> = {}): MadeSet {
  return { id: { kind: "inc", start: day(from), end: day(to) }, ...more };
}

/** The names of a set as they lie at a target. */
export function namesOfMade({ id, volumes = 1, lacks, lost = [] }: MadeSet): readonly string[] {
  const count = lacks === "volumes and manifest" ? 0 : volumes;
  const numbers = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !lost.includes(number));
  return [
    ...numbers.map((number) => volumeName(id, number, "gpg")),
    ...(lacks === "signatures" ? [] : [signaturesName(id, "gpg")]),
    ...(lacks?.includes("manifest") ? [] : [manifestName(id, "gpg")]),
  ];
}

/** Every object has 10 bytes. */
export function inventoryOf(
  names: Iterable<string>,
  archive: readonly LocalFile[] = [],
  modified: (name: string) => Date | undefined = () => undefined,
): Inventory {
  const objects = new Map(
    [...names].map((name) => {
      const time = modified(name);
      return [name, { size: 10, ...(time && { modified: time }) }] as const;
    }),
  );
  return { collection: buildCollection(objects.keys()), objects, archive, prefixes: NO_PREFIXES };
}

export function inventoryOfSets(sets: readonly MadeSet[]): Inventory {
  return inventoryOf(sets.flatMap(namesOfMade));
}

/** What one would know of these sets who could read all their manifests. */
export function damageOf(sets: readonly MadeSet[]): Damage {
  return new Map(sets.flatMap(({ id, lost = [] }) => (lost.length > 0 ? [[setKey(id), [`volume ${lost.join()} missing`]]] : [])));
}

/**
 * Histories of up to a dozen runs at different times: full backups, increments of the newest state or of any older one
 * (another machine, an archive directory that was behind), runs that were interrupted, and losses of metadata and volumes.
 */
export const histories: fc.Arbitrary<readonly MadeSet[]> = fc
  .array(
    fc.record({
      pause: fc.integer({ min: 1, max: 6 }),
      full: fc.boolean(),
      /** Which earlier state an increment continues: 0 the one before. */
      back: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }),
      volumes: fc.integer({ min: 1, max: 3 }),
      lacks: fc.oneof(
        { weight: 6, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom("manifest", "signatures", "volumes and manifest") },
      ) as fc.Arbitrary<MadeSet["lacks"]>,
      lost: fc.oneof(
        { weight: 6, arbitrary: fc.constant<number[]>([]) },
        { weight: 1, arbitrary: fc.subarray([1, 2, 3], { minLength: 1 }) },
      ),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((runs) => {
    const sets: MadeSet[] = [];
    let now = 0;
    runs.forEach(({ pause, full: isFull, back, volumes, lacks, lost }, index) => {
      now += pause;
      const base = sets[Math.max(0, index - 1 - back)];
      const id: SetId =
        isFull || base === undefined
          ? { kind: "full", start: day(now), end: day(now) }
          : { kind: "inc", start: base.id.end, end: day(now) };
      sets.push({ id, volumes, lost: lost.filter((number) => number <= volumes), ...(lacks && { lacks }) });
    });
    return sets;
  });

/** What is at the target at every moment of carrying out deletions in this order, the first and the last included. */
export function* moments(names: Iterable<string>, order: readonly string[]): Generator<ReadonlySet<string>> {
  const left = new Set(names);
  yield left;
  for (const name of order) {
    left.delete(name);
    yield left;
  }
}
