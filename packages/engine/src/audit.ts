import type { Runtime } from "@doppel/base";
import { type ObjectName, type Receipt, type ReceiptObject, type SetId } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { checkObject } from "./audit/check-object.ts";
import { compareListing, judgeReceipt, type Subject } from "./audit/check-set.ts";
import { chainFindings, foreignFindings, unreceipted } from "./audit/findings.ts";
import type { AuditedSet, AuditFinding, AuditJob, AuditReport } from "./audit/report.ts";
import { chooseSample } from "./audit/sample.ts";
import { mapBounded } from "./history/bounded.ts";
import { readTarget, type Target } from "./read/target.ts";
import { readReceipt, type StoredReceipt } from "./receipt/read-receipt.ts";
import { namesBySet } from "./retention/inventory.ts";

/** A set under audit. */
interface Draft extends Subject {
  readonly id: SetId;
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
 * @throws storage.*
 */
export async function audit(job: AuditJob, { storage }: { readonly storage: Storage }, runtime: Runtime): Promise<AuditReport> {
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  const drafts = draftsOf(target, job);
  const candidates = drafts
    .filter(({ receipt }) => receipt !== undefined)
    .flatMap(({ names }) => names.filter(isReadable(target)));
  const sample = chooseSample(
    candidates.map(({ name }) => name),
    job.sample,
    job.seed,
  );
  const chosen = (
    await mapBounded(drafts, job.parallel, (draft) => checkSet(draft, target, sample, job, storage, runtime))
  ).flat();
  await mapBounded(chosen, job.parallel, async ({ draft, object, encryption }) => {
    const { bytes, findings } = await checkObject(object, encryption, storage, runtime);
    draft.findings.push(...findings);
    draft.read++;
    draft.readBytes += bytes;
  });
  for (const [draft, finding] of chainFindings(drafts, job.prefixes)) draft.findings.push(finding);
  const foreign = foreignFindings(target, job.prefixes);
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

/** Reads a set's receipt and holds the listing to it; what of the sample is to be read. Of the receipt nothing else is kept but its place in the chain. */
async function checkSet(
  draft: Draft,
  { sizes }: Target,
  sample: ReadonlySet<string>,
  { publicKey }: AuditJob,
  storage: Storage,
  { signal }: Runtime,
): Promise<readonly Chosen[]> {
  if (draft.receipt === undefined) return [];
  const stored = await readReceipt(storage, draft.receipt, signal, publicKey);
  const { receipt } = stored;
  draft.stored = { ...stored, ...(receipt && { receipt: { ...receipt, objects: [], folders: [] } }) };
  draft.findings.push(...judgeReceipt(stored, draft, publicKey !== undefined));
  if (!receipt || draft.findings.length > 0) return [];
  draft.findings.push(...compareListing(receipt, draft, sizes));
  const known = new Set(draft.names.map(({ name }) => name));
  return receipt.objects
    .filter(({ name, size }) => sample.has(name) && known.has(name) && sizes.get(name) === size)
    .map((object) => ({ draft, object, encryption: receipt.encryption }));
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
    const receipt = stored === undefined ? "none" : stored.receipt === undefined ? "bad" : "good";
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
