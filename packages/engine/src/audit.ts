import { isDoppelError, type Runtime } from "@doppel/base";
import type { ObjectName, Receipt, ReceiptObject, SetId } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { checkObject } from "./audit/check-object.ts";
import { compareListing, holdsData, judgeReceipt, type Subject } from "./audit/check-set.ts";
import { chainFindings, foreignFindings, orphanFindings, unreceipted } from "./audit/findings.ts";
import { AuditProgress } from "./audit/progress.ts";
import type { AuditedSet, AuditFinding, AuditJob, AuditReport } from "./audit/report.ts";
import { mapBounded } from "./history/bounded.ts";
import { chooseSample } from "./objects/sample.ts";
import { readTarget, type Target } from "./read/target.ts";
import { readReceipt, type StoredReceipt } from "./receipt/read-receipt.ts";
import { namesBySet } from "./retention/inventory.ts";
import { emptyTarget } from "./status/remembered.ts";

export interface AuditDeps {
  readonly storage: Storage;
  /** Where an empty target is told from one that was emptied; nothing else of it is read. */
  readonly archiveDir?: string;
}

/** A set under audit. */
interface Draft extends Subject {
  readonly id: SetId;
  /** Once it was read; without objects and folders. */
  stored?: StoredReceipt;
  readonly findings: AuditFinding[];
  read: number;
  readBytes: number;
}

/** An object that is to be read, with what its receipt says. */
interface Chosen {
  readonly draft: Draft;
  readonly object: ReceiptObject;
  readonly encryption: Receipt["encryption"];
}

/**
 * Holds a target to its receipts, without a key: names and sizes of all objects from one listing, the chain of receipts, and of a
 * random sample the bytes and who can open them. What a receipt says is only as good as its signature (FORMAT.md, "Receipt").
 * @throws storage.*; collection.empty when there is nothing of any backup
 */
export async function audit(job: AuditJob, { storage, archiveDir }: AuditDeps, runtime: Runtime): Promise<AuditReport> {
  runtime.emit({ type: "run.started", kind: "audit", target: storage.label, time: runtime.clock.now() });
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  const drafts = draftsOf(target, job);
  if (drafts.length === 0) throw await emptyTarget(storage.label, archiveDir, job.prefixes, target.sizes.size);
  const withReceipt = drafts.filter(({ receipt }) => receipt !== undefined);
  const candidates = withReceipt.flatMap(({ names }) => names.filter(isReadable(target)).map(({ name }) => name));
  const sample = chooseSample(candidates, job.sample, job.seed);
  const oldest = drafts.find(({ names }) => names.some(holdsData));
  const context = { target, sample, oldest, job, storage, runtime };
  const chosen = (await mapBounded(withReceipt, job.parallel, (draft) => checkSet(draft, context))).flat();
  const wanted = chosen.reduce((sum, { object }) => sum + object.size, 0);
  const progress = new AuditProgress(chosen.length, wanted, runtime);
  await mapBounded(chosen, job.parallel, async ({ draft, object, encryption }) => {
    const { bytes, findings } = await checkObject(object, encryption, storage, runtime, progress);
    progress.object();
    draft.findings.push(...findings);
    draft.read++;
    draft.readBytes += bytes;
  });
  const orphans = orphanFindings(drafts, target.collection);
  for (const [draft, finding] of [...chainFindings(drafts, orphans, job.prefixes), ...orphans]) draft.findings.push(finding);
  const foreign = foreignFindings(target, job.prefixes);
  runtime.emit({ type: "run.finished", kind: "audit", incomplete: 0 });
  return reportOf(drafts, foreign, target, storage.label, job.seed);
}

/** By end time. */
function draftsOf({ sizes }: Target, { prefixes }: AuditJob): readonly Draft[] {
  const drafts = [...namesBySet(sizes.keys(), prefixes)].map(([key, names]): Draft => {
    const receipt = names.find(({ role }) => role === "receipt")?.name;
    const common = { key, names, id: names[0]!.set, findings: [], read: 0, readBytes: 0 };
    return receipt === undefined ? common : { ...common, receipt };
  });
  return drafts.sort((a, b) => a.id.end.getTime() - b.id.end.getTime() || (a.key < b.key ? -1 : 1));
}

function isReadable({ archived }: Target): (object: ObjectName) => boolean {
  return ({ name, role, partial }) => role !== "receipt" && !partial && !archived.has(name);
}

interface AuditContext {
  readonly target: Target;
  readonly sample: ReadonlySet<string>;
  /** The oldest set of which there is more than its receipt and its index. */
  readonly oldest: Draft | undefined;
  readonly job: AuditJob;
  readonly storage: Storage;
  readonly runtime: Runtime;
}

/** Reads a set's receipt and holds the listing to it; what of the sample is to be read. */
async function checkSet(draft: Draft, context: AuditContext): Promise<readonly Chosen[]> {
  const { target, sample, oldest, job, storage, runtime } = context;
  const { sizes } = target;
  const { publicKey } = job;
  const stored = await readIfReadable(draft.receipt!, storage, runtime.signal, publicKey);
  if ("severity" in stored) {
    draft.findings.push(stored);
    draft.stored = { name: stored.name, size: 0, sha256: "", signature: "none" };
    return [];
  }
  const { receipt, ...rest } = stored;
  const wrong = judgeReceipt(stored, draft, publicKey !== undefined);
  draft.findings.push(...wrong);
  const isUsable = receipt !== undefined && wrong.length === 0;
  draft.stored = isUsable ? { ...rest, receipt: { ...receipt, objects: [], folders: [] } } : rest;
  if (!isUsable) return [];
  draft.findings.push(...compareListing(receipt, draft, sizes, oldest !== undefined && oldest.id.end < draft.id.end));
  const known = new Set(draft.names.map(({ name }) => name));
  return receipt.objects
    .filter(({ name, size }) => sample.has(name) && known.has(name) && sizes.get(name) === size)
    .map((object) => ({ draft, object, encryption: receipt.encryption }));
}

/** Or what is to be told instead. @throws storage.* */
async function readIfReadable(
  name: string,
  storage: Storage,
  signal: AbortSignal,
  publicKey: AuditJob["publicKey"],
): Promise<StoredReceipt | AuditFinding> {
  try {
    return await readReceipt(storage, name, signal, publicKey);
  } catch (error) {
    if (isDoppelError(error, "storage.archived")) {
      const detail = "lies in an archive, so that nothing could be held to it";
      return { severity: "warning", kind: "archived", name, detail };
    }
    if (!isDoppelError(error, "storage.not-found")) throw error;
    return { severity: "warning", kind: "missing", name, detail: "vanished while it was to be read" };
  }
}

function reportOf(
  drafts: readonly Draft[],
  foreign: readonly AuditFinding[],
  { sizes, collection }: Target,
  target: string,
  seed: number,
): AuditReport {
  const sets = drafts.map((draft): AuditedSet => {
    const { id, names, stored, findings, read, readBytes } = draft;
    const bytes = names.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0);
    const all = stored ? findings : [...findings, ...unreceipted(draft, drafts, collection)];
    const receipt = stored === undefined ? "none" : stored.receipt ? "good" : stored.sha256 === "" ? "unread" : "bad";
    return { id, receipt, signature: stored?.signature ?? "none", objects: names.length, bytes, read, readBytes, findings: all };
  });
  const findings = [...sets.flatMap((set) => set.findings), ...foreign];
  const sum = (of: (set: AuditedSet) => number): number => sets.reduce((total, set) => total + of(set), 0);
  return {
    target,
    seed,
    sets,
    foreign,
    objects: sum(({ objects }) => objects),
    bytes: sum(({ bytes }) => bytes),
    read: sum(({ read }) => read),
    readBytes: sum(({ readBytes }) => readBytes),
    problems: findings.filter(({ severity }) => severity === "problem").length,
    warnings: findings.filter(({ severity }) => severity === "warning").length,
  };
}
