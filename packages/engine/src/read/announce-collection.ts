import { readdir } from "node:fs/promises";
import type { Runtime } from "@doppel/base";
import { type BackupSet, manifestName, type NamePrefixes, parseName, signaturesName } from "@doppel/format";
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
  const lastFull = chains.at(-1)?.start;
  runtime.emit({
    type: "collection.read",
    ...(lastFull && { lastFull }),
    incompleteSets: incomplete.map(namesOf),
    orphanedSets: orphaned.map(namesOf),
    orphanedSignatures: [...orphaned.flatMap(({ signatures }) => signatures ?? []), ...orphanedSignatures],
    synchronized: isSame(await metadataIn(archiveDir, prefixes), metadataOf(complete, prefixes)),
  });
}

function namesOf({ manifest, volumes }: BackupSet): readonly string[] {
  return [...(manifest === undefined ? [] : [manifest]), ...volumes.values()];
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
