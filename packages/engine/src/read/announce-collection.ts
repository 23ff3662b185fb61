import { readdir } from "node:fs/promises";
import type { Runtime } from "@doppel/base";
import { type BackupSet, manifestName, type NamePrefixes, parseName, type SetId, signaturesName } from "@doppel/format";
import type { Target } from "./target.ts";

/** Emits `collection.read`: what everybody who comes to a target may want to know first. Reads the archive directory's listing. */
export async function announceCollection(
  { collection }: Pick<Target, "collection">,
  archiveDir: string,
  prefixes: NamePrefixes,
  runtime: Runtime,
): Promise<void> {
  const { chains, incomplete, orphaned, superseded, orphanedSignatures } = collection;
  const complete = [...chains.flatMap(({ full, incrementals }) => [full, ...incrementals]), ...orphaned, ...superseded];
  const local = await metadataIn(archiveDir, prefixes);
  const lastFull = chains.at(-1)?.start;
  runtime.emit({
    type: "collection.read",
    ...(lastFull && { lastFull }),
    incompleteSets: incomplete.map(namesOf),
    orphanedSets: orphaned.map(namesOf),
    orphanedSignatures: rootless(signaturesOf([...complete, ...incomplete], orphanedSignatures, prefixes)),
    orphanedLocalSignatures: rootless(named(local, prefixes)),
    synchronized: isSame(local, metadataOf(complete, prefixes)),
  });
}

function namesOf({ manifest, volumes }: BackupSet): readonly string[] {
  return [...(manifest === undefined ? [] : [manifest]), ...volumes.values()];
}

interface Signatures {
  readonly id: SetId;
  readonly name: string;
}

/** All at the target, whatever became of their volumes and manifests. */
function signaturesOf(sets: readonly BackupSet[], loose: readonly string[], prefixes: NamePrefixes): readonly Signatures[] {
  const whole = sets.flatMap(({ id, signatures }) => (signatures === undefined ? [] : [{ id, name: signatures }]));
  return [...whole, ...named(loose, prefixes)];
}

function named(names: Iterable<string>, prefixes: NamePrefixes): readonly Signatures[] {
  return [...names].flatMap((name) => {
    const object = parseName(name, prefixes);
    return object?.role === "signatures" ? [{ id: object.set, name }] : [];
  });
}

/** Those that continue none: stock joins them on their own. Oldest first. */
function rootless(signatures: readonly Signatures[]): readonly string[] {
  const ends = new Set<number>();
  return [...signatures]
    .sort((a, b) => a.id.end.getTime() - b.id.end.getTime())
    .filter(({ id }) => {
      const isRooted = id.kind === "full" || ends.has(id.start.getTime());
      if (isRooted) ends.add(id.end.getTime());
      return !isRooted;
    })
    .map(({ name }) => name);
}

/** As the archive directory names what these sets have at the target. */
function metadataOf(sets: readonly BackupSet[], prefixes: NamePrefixes): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { id, manifest, signatures } of sets) {
    if (manifest !== undefined) names.add(manifestName(id, "plain", prefixes));
    if (signatures !== undefined) names.add(signaturesName(id, "gzip", prefixes));
  }
  return names;
}

async function metadataIn(archiveDir: string, prefixes: NamePrefixes): Promise<ReadonlySet<string>> {
  const names = await readdir(archiveDir).catch(() => []); // whoever needs it says what is wrong with it
  return new Set(
    names.filter((name) => {
      const object = parseName(name, prefixes);
      return object !== undefined && !object.partial && (object.role === "manifest" || object.role === "signatures");
    }),
  );
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}
