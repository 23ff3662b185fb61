import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import type { Manifest } from "@doppel/format";
import { foreignFindings } from "./audit/findings.ts";
import { checkCopies } from "./check/check-copies.ts";
import { checkOne } from "./check/check-object.ts";
import { checkReceipt, type ToldByReceipt } from "./check/check-receipt.ts";
import { heldToReceipt } from "./check/held-to-receipt.ts";
import { type ObservedStorage, observe } from "./check/observed-storage.ts";
import { isDamage } from "./check/read-content.ts";
import type { CheckedSet, CheckFinding, CheckJob, CheckReport } from "./check/report.ts";
import { CheckState, type ListedObject } from "./check/state.ts";
import {
  type CheckedObject,
  compareVolumes,
  gapsIn,
  objectsOf,
  problem,
  type Subject,
  subjectsOf,
  warning,
} from "./check/subjects.ts";
import { mapBounded } from "./history/bounded.ts";
import type { ReadDeps } from "./job.ts";
import { readSurely } from "./objects/read-surely.ts";
import { chooseSample } from "./objects/sample.ts";
import { type ReadContext, readContext } from "./read/context.ts";
import { encodingOf } from "./read/fetch.ts";
import { readOwnManifest } from "./read/metadata.ts";
import { readTarget, type Target } from "./read/target.ts";
import { emptyTarget } from "./status/remembered.ts";
import { UnsealWorkers } from "./workers/unseal.ts";

/** Bytes to be read from which on threads are started for it. */
const WORKERS_FROM = 32 << 20;

/**
 * Reads all backups of a target, of whatever age, object by object: volumes are compared with their manifests, metadata is opened and
 * read to its end; without a key, the names, sizes, gaps and the structure of what is encrypted. A stopped check goes on.
 * @throws storage.*; collection.empty when there is nothing of any backup; openpgp.* when not one object can be opened
 */
export async function check(job: CheckJob, deps: ReadDeps, runtime: Runtime): Promise<CheckReport> {
  const observed = observe(deps.storage);
  const { storage } = observed;
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  const context = readContext({ ...deps, storage }, job.prefixes, runtime);
  const subjects = subjectsOf(target, job.prefixes);
  if (subjects.length === 0) throw await emptyTarget(storage.label, deps.archiveDir, job.prefixes, target.sizes.size);
  const keys = new KeyTrouble();
  const objects = await openSets(subjects, target, job, context, keys, observed);
  const state = stateOf(job, storage.label, runtime);
  const readable = objects.filter(({ name }) => !target.archived.has(name));
  const sample = chooseSample(
    readable.map(({ name }) => name),
    job.sample,
    state.seed,
  );
  const chosen = readable.filter(({ name }) => sample.has(name));
  const left = chosen.filter((object) => {
    const isKnown = state.has(listedAs(object, observed));
    if (isKnown) object.subject.readBefore++;
    return !isKnown;
  });
  for (const { name, subject } of objects.filter(({ name }) => target.archived.has(name)))
    subject.findings.push(warning("archived", name, "lies in an archive, and was not read"));
  const workers = startWorkers(left, job, runtime);
  const readAll = (some: readonly CheckedObject[]): Promise<unknown> =>
    mapBounded(some, job.parallel, async (object) => {
      runtime.signal.throwIfAborted();
      await readOne(object, job.withKey, context, observed, workers, keys, state);
    });
  try {
    await readAll(left.filter(({ role }) => role !== "volume"));
    keys.throwIfNothingOpened();
    await readAll(left.filter(({ role }) => role === "volume"));
  } finally {
    await workers?.[Symbol.asyncDispose]();
  }
  state.remove();
  return reportOf(subjects, foreignOf(target, job), target, storage.label, job.withKey, state.seed);
}

/** Reads manifests as far as that can be done, and tells what of the sets is to be read. The first one alone: it may ask for a passphrase. */
async function openSets(
  subjects: readonly Subject[],
  target: Target,
  job: CheckJob,
  context: ReadContext,
  keys: KeyTrouble,
  observed: ObservedStorage,
): Promise<readonly CheckedObject[]> {
  const open = async (subject: Subject): Promise<readonly CheckedObject[]> => {
    const { set, state } = subject;
    const name = set.manifest;
    const hasReceipt = set.receipt !== undefined && !target.archived.has(set.receipt);
    const told = hasReceipt ? await toldByReceipt(subject, set.receipt, target, context, keys) : NOTHING_TOLD;
    const isOpen = name !== undefined && !target.archived.has(name) && (job.withKey || encodingOf(name) !== "gpg");
    const manifest = isOpen ? await manifestOf(subject, name, told.hashes.get(name), target, context, keys, observed) : undefined;
    if (manifest) subject.findings.push(...compareVolumes(set, manifest, job.prefixes));
    else if (state === "complete") subject.findings.push(...gapsIn(set, job.prefixes));
    const known = new Set(subject.findings.map((finding) => finding.name));
    subject.findings.push(...told.findings.filter((finding) => !known.has(finding.name)));
    subject.findings.push(...(await checkCopies(subject, manifest, context)));
    // What was read already, or cannot be, is not read again.
    const isRead = { manifest: isOpen, receipt: hasReceipt };
    return objectsOf(subject, manifest, told.hashes, target).filter(
      ({ role }) => !(role in isRead && isRead[role as keyof typeof isRead]),
    );
  };
  const [first, ...rest] = subjects;
  if (!first) return [];
  return [await open(first), ...(await mapBounded(rest, job.parallel, open))].flat();
}

const NOTHING_TOLD: ToldByReceipt = { findings: [], hashes: new Map() };

/** Names, sizes and hashes, which a receipt tells to who has no key. */
async function toldByReceipt(
  subject: Subject,
  name: string,
  { sizes }: Target,
  context: ReadContext,
  keys: KeyTrouble,
): Promise<ToldByReceipt> {
  subject.read++;
  subject.readBytes += sizes.get(name) ?? 0;
  const found = await attempt(name, keys, context, () => checkReceipt(subject, name, sizes, context));
  return "read" in found ? found.read : { ...NOTHING_TOLD, findings: [found.finding] };
}

async function manifestOf(
  subject: Subject,
  name: string,
  sha256: string | undefined,
  { sizes }: Target,
  context: ReadContext,
  keys: KeyTrouble,
  observed: ObservedStorage,
): Promise<Manifest | undefined> {
  const { set, findings } = subject;
  subject.read++;
  subject.readBytes += sizes.get(name) ?? 0;
  using watched = observed.watch(name);
  const found = await attempt(name, keys, context, () => readOwnManifest(set, context));
  if ("read" in found) {
    keys.opened(name);
    findings.push(...heldToReceipt(name, sha256, watched.digest()));
    return found.read;
  }
  findings.push(found.finding);
  return undefined;
}

async function readOne(
  object: CheckedObject,
  withKey: boolean,
  context: ReadContext,
  observed: ObservedStorage,
  workers: UnsealWorkers | undefined,
  keys: KeyTrouble,
  state: CheckState,
): Promise<void> {
  const { name, size, subject, role, info } = object;
  const found = await attempt(name, keys, context, () => checkOne(object, withKey, context, observed, workers));
  const findings = "read" in found ? found.read : [found.finding];
  subject.findings.push(...findings);
  subject.read++;
  subject.readBytes += size;
  if ("read" in found && withKey && role !== "volume") keys.opened(name);
  if (findings.length === 0) state.add(listedAs(object, observed));
  const number = info?.number;
  if (number !== undefined) context.runtime.emit({ type: "volume.read", name, number, size });
}

/** What `read` gives, or why there is nothing: damage of one object, which the others need not share. */
async function attempt<T>(
  name: string,
  keys: KeyTrouble,
  { runtime }: ReadContext,
  read: () => Promise<T>,
): Promise<{ readonly read: T } | { readonly finding: CheckFinding }> {
  try {
    const found = await readSurely(name, read, runtime.emit);
    if ("read" in found) return found;
    const { kind, detail } = found.unread;
    return { finding: kind === "archived" ? warning(kind, name, detail) : problem(kind, name, detail) };
  } catch (error) {
    if (isDamage(error)) return { finding: problem("unreadable", name, `cannot be used: ${reasonOf(error)}`) };
    if (!(error instanceof DoppelError) || !error.code.startsWith("openpgp.")) throw error;
    keys.failed(error);
    const reason = error.message.startsWith(`${name}: `) ? error.message.slice(name.length + 2) : error.message;
    return { finding: problem("unreadable", name, `cannot be opened: ${reason}`) };
  }
}

function reasonOf(error: DoppelError): string {
  if (isDoppelError(error, "volume.damaged") || isDoppelError(error, "format.bad-manifest")) return error.data.reason;
  return error.message;
}

/** A key that opens nothing is the wrong one; a message that it does not open, beside others that it does, is damaged. */
class KeyTrouble {
  #first: DoppelError | undefined;
  #hasOpened = false;

  opened(name: string): void {
    if (encodingOf(name) === "gpg") this.#hasOpened = true;
  }

  failed(error: DoppelError): void {
    this.#first ??= error;
  }

  throwIfNothingOpened(): void {
    if (this.#first && !this.#hasOpened) throw this.#first;
  }
}

function listedAs({ name, size }: CheckedObject, observed: ObservedStorage): ListedObject {
  const modified = observed.modified(name);
  return { name, size, ...(modified !== undefined && { modified }) };
}

function stateOf(job: CheckJob, target: string, { random, clock, emit }: Runtime): CheckState {
  const seed = job.seed ?? Buffer.from(random.bytes(4)).readUInt32LE();
  const sample = JSON.stringify([job.sample, job.seed ?? "any"]);
  const state = CheckState.open(job.stateFile, { target, withKey: job.withKey, sample }, seed, clock.now());
  if (state.outdated) {
    const detail = `the check that was stopped began at ${state.outdated.toISOString()}, more than a day ago: everything is read again`;
    emit({ type: "notice", reason: "target", incomplete: false, detail });
  }
  return state;
}

function startWorkers(left: readonly CheckedObject[], { parallel }: CheckJob, { signal }: Runtime): UnsealWorkers | undefined {
  const bytes = left.reduce((sum, { size, info }) => sum + (info ? size : 0), 0);
  return parallel > 1 && bytes >= WORKERS_FROM ? new UnsealWorkers(signal) : undefined;
}

function foreignOf(target: Target, { prefixes }: CheckJob): readonly CheckFinding[] {
  const { orphanedSignatures, conflicts } = target.collection;
  return [
    ...orphanedSignatures.map((name) => warning("orphaned", name, "is a signature archive of no backup")),
    ...conflicts.filter(({ ambiguous }) => !ambiguous).map(({ names, reason }) => warning("conflict", names.join(", "), reason)),
    ...foreignFindings(target, prefixes).map(({ name, detail }) => warning("foreign", name, detail)),
  ];
}

function reportOf(
  subjects: readonly Subject[],
  foreign: readonly CheckFinding[],
  { sizes }: Target,
  target: string,
  withKey: boolean,
  seed: number,
): CheckReport {
  const sets = subjects.map((subject): CheckedSet => {
    const { set, read, readBytes, readBefore, findings } = subject;
    const names = [...set.volumes.values(), set.manifest, set.signatures, set.index, set.receipt].filter(
      (name) => name !== undefined,
    );
    const bytes = names.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
    return { id: set.id, objects: names.length, bytes, read, readBytes, readBefore, findings };
  });
  const findings = [...sets.flatMap((set) => set.findings), ...foreign];
  const sum = (of: (set: CheckedSet) => number): number => sets.reduce((total, set) => total + of(set), 0);
  return {
    target,
    withKey,
    seed,
    sets,
    foreign,
    objects: sum(({ objects }) => objects),
    bytes: sum(({ bytes }) => bytes),
    read: sum(({ read }) => read),
    readBytes: sum(({ readBytes }) => readBytes),
    readBefore: sum(({ readBefore }) => readBefore),
    problems: findings.filter(({ severity }) => severity === "problem").length,
    warnings: findings.filter(({ severity }) => severity === "warning").length,
  };
}
