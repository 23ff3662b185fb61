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
import { heldToReceipt, onlyReceiptSays } from "./held-to-receipt.ts";
import type { ObservedStorage, Watched } from "./observed-storage.ts";
import { type CheckedObject, problem, warning } from "./subjects.ts";

/** What a fetched object may take of memory; a larger one goes to a temporary file. */
const MEMORY = 4 << 20;
/** Lines of an index that are read in one request. */
const INDEX_BYTES = 1 << 20;

/**
 * Reads one object whole, in the strictest way that there is: by its hash where a manifest has one, by what is in it where that can
 * be opened, otherwise by the lengths that stand in it; and by the hash in its receipt. @throws what says that it is damaged
 * (`isDamage`); openpgp.*, storage.*
 * @param target what `context` reads
 */
export async function checkOne(
  object: CheckedObject,
  withKey: boolean,
  context: ReadContext,
  target: ObservedStorage,
  workers: UnsealWorkers | undefined,
): Promise<readonly CheckFinding[]> {
  const { name, role, size, info, subject, sha256 } = object;
  if (info) return checkHash(object, context, target, workers);
  using watched = sha256 === undefined ? undefined : target.watch(name);
  const byReceipt = async (): Promise<readonly CheckFinding[]> =>
    watched ? heldToReceipt(name, sha256, await digestSeen(name, watched, context, workers)) : [];
  if (encodingOf(name) === "gpg" && (!withKey || role === "volume")) {
    const findings = await checkFraming(object, context);
    const isWhole = findings.every(({ severity }) => severity !== "problem");
    return isWhole ? [...findings, ...(await byReceipt())] : findings;
  }
  await using found = await fetchMetadata(name, context, MEMORY);
  await readContent(object, subject.set, () => found.bytes());
  if (role === "index" && withKey) await readIndex(name, size, object, context);
  return byReceipt();
}

async function checkHash(
  { name, size, info, sha256, subject }: CheckedObject,
  context: ReadContext,
  target: ObservedStorage,
  workers: UnsealWorkers | undefined,
): Promise<readonly CheckFinding[]> {
  const { deps, runtime } = context;
  const known = strongest(info?.hashes);
  if (!known) return [problem("bytes", name, "cannot be checked: its manifest holds no hash of it that is known here")];
  const { algorithm, digest } = known;
  using watched = sha256 !== undefined && algorithm !== "SHA256" ? target.watch(name) : undefined;
  const actual = await hashObject(name, algorithm.toLowerCase(), deps.storage, runtime.signal, workers);
  const said = actual.digest === digest ? undefined : `${algorithm} is ${actual.digest}, expected ${digest}`;
  if (sha256 === undefined) return said === undefined ? [] : [manifestProblem(name, said, actual.size, size)];
  const found = watched ? await digestSeen(name, watched, context, workers) : actual.digest;
  if (said === undefined) {
    const isSealed = subject.set.manifest !== undefined && encodingOf(subject.set.manifest) === "gpg";
    return found === sha256 ? [] : [onlyReceiptSays(name, isSealed, sha256, found)];
  }
  const other =
    found === sha256 ? "it is what its receipt says, but a restore believes the manifest" : "nor is it what its receipt says";
  return [manifestProblem(name, said, actual.size, size, other)];
}

/** A worker reads a file past the watched storage: once more then, while it lies in memory. */
async function digestSeen(
  name: string,
  watched: Watched,
  { deps, runtime }: ReadContext,
  workers: UnsealWorkers | undefined,
): Promise<string> {
  return watched.digest() ?? (await hashObject(name, "sha256", deps.storage, runtime.signal, workers)).digest;
}

function manifestProblem(name: string, said: string, actual: number, listed: number, more?: string): CheckFinding {
  const parts = [`is not what its manifest says: ${said}`];
  if (actual !== listed) parts.push(`it has ${actual} bytes`);
  if (more !== undefined) parts.push(more);
  return problem("bytes", name, parts.join("; "));
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
