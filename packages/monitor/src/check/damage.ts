import { type NamePrefixes, parseName } from "@doppel/format";
import type { RememberedSet } from "../state/memory.ts";
import type { Damage } from "./facts.ts";

/** One object of a listing. */
export interface Listed {
  readonly size: number;
  readonly modified?: Date;
}

/** What the objects of a set have to be: name to size and when they were stored, in milliseconds (0: nobody knows). */
export type Expected = NonNullable<RememberedSet["objects"]>;

/** Clocks of a target's machines differ a little, and some keep times to the second only. */
const SAME_TIME_MS = 2000;

/** Where the listing departs from what a set has to be. */
export function damageAgainst(expected: Expected, listing: ReadonlyMap<string, Listed>, prefixes: NamePrefixes): Damage[] {
  const damage: Damage[] = [];
  for (const [name, [size, stored]] of Object.entries(expected)) {
    const role = roleOf(name, prefixes);
    const found = listing.get(name);
    if (found === undefined) {
      damage.push({ name, role, what: "missing", text: "is missing" });
    } else if (found.size !== size) {
      damage.push({ name, role, what: "size", text: `has ${found.size} bytes instead of ${size}` });
    } else if (stored !== 0 && found.modified !== undefined && Math.abs(found.modified.getTime() - stored) > SAME_TIME_MS) {
      damage.push({ name, role, what: "stored-again", text: `was stored again at ${found.modified.toISOString()}` });
    }
  }
  return damage;
}

/** What numbers alone tell, where nothing says how many volumes there are. */
export function gaps(numbers: readonly number[]): readonly Damage[] {
  const damage: Damage[] = [];
  const last = numbers.at(-1) ?? 0;
  if (last === 0) return [{ name: "volume 1", role: "volume", what: "missing", text: "is missing" }];
  const there = new Set(numbers);
  for (let number = 1; number < last && damage.length < 1000; number++) {
    if (!there.has(number)) damage.push({ name: `volume ${number}`, role: "volume", what: "missing", text: "is missing" });
  }
  return damage;
}

/** An object without a byte was cut off, whatever it is. */
export function empties(names: Iterable<string>, listing: ReadonlyMap<string, Listed>, prefixes: NamePrefixes): Damage[] {
  return [...names].flatMap((name) =>
    listing.get(name)?.size === 0 ? [{ name, role: roleOf(name, prefixes), what: "size" as const, text: "is empty" }] : [],
  );
}

function roleOf(name: string, prefixes: NamePrefixes): Damage["role"] {
  const role = parseName(name, prefixes)?.role;
  return role === undefined || role === "jsonstat" ? "volume" : role;
}
