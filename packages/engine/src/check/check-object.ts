import { isDoppelError } from "@doppel/base";
import { readFraming } from "@doppel/openpgp";
import { hashObject } from "../objects/hash-object.ts";
import type { ReadContext } from "../read/context.ts";
import { encodingOf } from "../read/fetch.ts";
import { fetchMetadata } from "../read/open-metadata.ts";
import { openIndex } from "../read/slices/index-file.ts";
import { strongest } from "../replicate/copy.ts";
import type { UnsealWorkers } from "../workers/unseal.ts";
import { readContent } from "./read-content.ts";
import type { CheckFinding } from "./report.ts";
import { type CheckedObject, problem, warning } from "./subjects.ts";

/** What a fetched object may take of memory; a larger one goes to a temporary file. */
const MEMORY = 4 << 20;
/** Lines of an index that are read in one request. */
const INDEX_BYTES = 1 << 20;

/**
 * Reads one object whole, in the strictest way that there is: by its hash where a manifest has one, by what is in it where that can
 * be opened, otherwise by the lengths that stand in it. @throws what says that it is damaged (`isDamage`); openpgp.*, storage.*
 */
export async function checkOne(
  object: CheckedObject,
  withKey: boolean,
  context: ReadContext,
  workers: UnsealWorkers | undefined,
): Promise<readonly CheckFinding[]> {
  const { name, role, size, info, subject } = object;
  if (info) return checkHash(object, context, workers);
  if (encodingOf(name) === "gpg" && (!withKey || role === "volume")) return checkFraming(object, context);
  await using found = await fetchMetadata(name, context, MEMORY);
  await readContent(object, subject.set, () => found.bytes());
  if (role === "index" && withKey) await readIndex(name, size, object, context);
  return [];
}

async function checkHash(
  { name, size, info }: CheckedObject,
  { deps, runtime }: ReadContext,
  workers: UnsealWorkers | undefined,
): Promise<readonly CheckFinding[]> {
  const known = strongest(info?.hashes);
  if (!known) return [problem("bytes", name, "cannot be checked: its manifest holds no hash of it that is known here")];
  const { algorithm, digest } = known;
  const actual = await hashObject(name, algorithm.toLowerCase(), deps.storage, runtime.signal, workers);
  if (actual.digest === digest.toLowerCase()) return [];
  const detail = `is not what its manifest says: ${algorithm} is ${actual.digest}, expected ${digest}`;
  return [problem("bytes", name, actual.size === size ? detail : `${detail}; it has ${actual.size} bytes`)];
}

async function checkFraming({ name }: CheckedObject, { deps, runtime }: ReadContext): Promise<readonly CheckFinding[]> {
  try {
    const { trailingBytes, isProtected } = await readFraming(deps.storage.get(name, undefined, runtime.signal));
    const findings: CheckFinding[] = [];
    if (trailingBytes > 0) findings.push(problem("trailing", name, `has ${trailingBytes} bytes behind the end of its message`));
    if (!isProtected)
      findings.push(warning("structure", name, "has no integrity protection: who has the key would not notice changes"));
    return findings;
  } catch (error) {
    if (!isDoppelError(error, "openpgp.bad-message")) throw error;
    return [problem("structure", name, `is no whole OpenPGP message: it ${error.message}`)];
  }
}

/** By its contents, as a restore of single paths reads it. */
async function readIndex(name: string, size: number, { subject }: CheckedObject, context: ReadContext): Promise<void> {
  const index = await openIndex(name, subject.set, size, context);
  const { blocks } = index.contents;
  for (let first = 0; first < blocks.length; ) {
    let end = first + 1;
    while (end < blocks.length && index.bytesOf(first, end + 1) <= INDEX_BYTES) end++;
    await index.entries(first, end);
    first = end;
  }
}
