import { join } from "node:path";
import { type Manifest, manifestName, signaturesName } from "@doppel/format";
import type { ReadContext } from "../read/context.ts";
import { readCopy } from "../read/metadata.ts";
import { openLocal } from "../read/open-metadata.ts";
import { isDamage, readContent } from "./read-content.ts";
import type { CheckFinding } from "./report.ts";
import { type Subject, warning } from "./subjects.ts";

const NEXT = "delete it, and the target's own is used";

/** Holds what the archive directory has of a set to what the target has. */
export async function checkCopies(
  { set }: Subject,
  manifest: Manifest | undefined,
  context: ReadContext,
): Promise<readonly CheckFinding[]> {
  const { deps, prefixes } = context;
  const findings: CheckFinding[] = [];
  const told = async (name: string, work: () => Promise<string | undefined>): Promise<void> => {
    const path = join(deps.archiveDir, name);
    try {
      const wrong = await work();
      if (wrong !== undefined) findings.push(warning("copy", path, `${wrong}: ${NEXT}`));
    } catch (error) {
      if (!isDamage(error)) throw error;
      findings.push(warning("copy", path, `is damaged (${error.message}): ${NEXT}`));
    }
  };
  const manifestCopy = manifestName(set.id, "plain", prefixes);
  await told(manifestCopy, async () => {
    await using found = await openLocal(manifestCopy, context);
    if (!found) return undefined;
    const copy = await readCopy(manifestCopy, set, context);
    if (!manifest || tellingOf(copy) === tellingOf(manifest)) return undefined;
    return "says something else of its volumes than the target's own";
  });
  const signatures = signaturesName(set.id, "gzip", prefixes);
  await told(signatures, async () => {
    await using copy = await openLocal(signatures, context);
    if (copy) await readContent({ role: "signatures", name: copy.name, size: 0 }, set, () => copy.bytes());
    return undefined;
  });
  return findings;
}

function tellingOf({ volumes }: Manifest): string {
  return JSON.stringify(
    volumes.map(({ number, start, end, hashes }) => [
      [number, start.path, start.block, end.path, end.block],
      [...hashes].map(([algorithm, digest]) => `${algorithm} ${digest}`).sort(),
    ]),
  );
}
