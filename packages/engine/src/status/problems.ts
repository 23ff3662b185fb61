import type { BackupSet, Conflict, Manifest } from "@doppel/format";

const SHOWN = 10;

/** What is known of a set besides its names. */
export interface KnownOfSet {
  /** Stored sizes by name, in bytes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** What its manifest says; `damaged`: it says nothing that can be understood; undefined: nobody could read it. */
  readonly manifest?: Manifest | "damaged" | undefined;
  /** Those of the whole target. */
  readonly conflicts?: readonly Conflict[];
}

/** What is known to be wrong with a set that has a manifest: a phrase each. */
export function problemsOf(set: BackupSet, known: KnownOfSet): readonly string[] {
  const problems = [...lossesOf(set, known)];
  if (set.signatures === undefined) problems.push("signature archive missing");
  else if (known.sizes.get(set.signatures) === 0) problems.push("signature archive empty");
  return problems;
}

/** Of these problems the ones that keep it, or part of it, from being restored: signatures are not needed for that. */
export function lossesOf(set: BackupSet, { sizes, manifest, conflicts = [] }: KnownOfSet): readonly string[] {
  const losses: string[] = [];
  const present = [...set.volumes.keys()];
  const named = typeof manifest === "object" ? manifest.volumes.map(({ number }) => number) : undefined;
  const missing = (named ?? upTo(Math.max(1, ...present))).filter((number) => !set.volumes.has(number));
  if (missing.length > 0) losses.push(`${volumes(missing)} missing`);
  // Only an unencrypted, uncompressed volume without entries may be empty (spec 3.2).
  const mayBeEmpty = set.encoding === "plain" && set.volumes.size === 1;
  const empty = [...set.volumes].filter(([, name]) => sizes.get(name) === 0 && !mayBeEmpty).map(([number]) => number);
  if (empty.length > 0) losses.push(`${volumes(empty)} empty`);
  // A plain manifest that was cut off looks like that.
  const unnamed = named === undefined ? [] : present.filter((number) => !named.includes(number));
  if (unnamed.length > 0) losses.push(`${volumes(unnamed)} not in the manifest`);
  if (set.manifest !== undefined && sizes.get(set.manifest) === 0) losses.push("manifest empty");
  else if (manifest === "damaged") losses.push("manifest damaged");
  const names = new Set([...set.volumes.values(), set.manifest, set.signatures]);
  for (const { ambiguous, names: both, reason } of conflicts)
    if (ambiguous && both.some((name) => names.has(name))) losses.push(`two files for one thing: ${reason}`);
  return losses;
}

function volumes(numbers: readonly number[]): string {
  const more = numbers.length > SHOWN ? ` and ${numbers.length - SHOWN} more` : "";
  return `${numbers.length === 1 ? "volume" : "volumes"} ${numbers.slice(0, SHOWN).join(", ")}${more}`;
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
