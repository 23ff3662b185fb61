import type { BackupSet, Manifest } from "@doppel/format";

const SHOWN = 10;

/** What a listing shows to be wrong with a set that has a manifest. `manifest`: the local copy, if there is one. */
export function problemsOf(set: BackupSet, sizes: ReadonlyMap<string, number>, manifest?: Manifest): readonly string[] {
  const problems: string[] = [];
  const numbers = manifest?.volumes.map(({ number }) => number) ?? upTo(Math.max(1, ...set.volumes.keys()));
  const missing = numbers.filter((number) => !set.volumes.has(number));
  if (missing.length > 0) problems.push(`${missing.length === 1 ? "volume" : "volumes"} ${shown(missing)} missing`);
  // Only an unencrypted, uncompressed volume without entries may be empty (spec 3.2).
  const mayBeEmpty = set.encoding === "plain" && set.volumes.size === 1;
  const empty = [...set.volumes].filter(([, name]) => sizes.get(name) === 0 && !mayBeEmpty).map(([number]) => number);
  if (empty.length > 0) problems.push(`${empty.length === 1 ? "volume" : "volumes"} ${shown(empty)} empty`);
  if (set.manifest !== undefined && sizes.get(set.manifest) === 0) problems.push("manifest empty");
  if (set.signatures === undefined) problems.push("signature archive missing");
  else if (sizes.get(set.signatures) === 0) problems.push("signature archive empty");
  return problems;
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function shown(numbers: readonly number[]): string {
  const more = numbers.length > SHOWN ? ` and ${numbers.length - SHOWN} more` : "";
  return `${numbers.slice(0, SHOWN).join(", ")}${more}`;
}
