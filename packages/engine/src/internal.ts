export { audit } from "./audit.ts";
export type { AuditedSet, AuditFinding, AuditJob, AuditReport } from "./audit/report.ts";
export type { Sample } from "./objects/sample.ts";
export { backup, checkBackup } from "./backup.ts";
export { check } from "./check.ts";
export type { CheckedSet, CheckFinding, CheckJob, CheckReport } from "./check/report.ts";
export { archiveDirFor } from "./cache/archive-dir.ts";
export { removeTemporaries } from "./cache/leftovers.ts";
export { processMaker } from "./cache/maker.ts";
export { type LockOptions, lockArchiveDir } from "./cache/lock.ts";
export { type ChainGap, chainGaps } from "./receipt/chain-gaps.ts";
export { type ReceiptSigner, receiptPublicKey, receiptSigner } from "./receipt/keys.ts";
export { readReceipt, receiptsOf, type SetWithReceipt, type StoredReceipt } from "./receipt/read-receipt.ts";
export { sealReceipt } from "./receipt/seal-receipt.ts";
export type {
  BackupDeps,
  BackupJob,
  BackupReport,
  BackupStatistics,
  ChainStatus,
  Envelope,
  ListJob,
  Listing,
  ReadDeps,
  ReceiptOptions,
  RecipeJob,
  RestoreJob,
  RestoreReport,
  SetStatus,
  StatusJob,
  StatusReport,
  VerifyJob,
  VerifyReport,
} from "./job.ts";
export {
  type ChangesInSetJob,
  type ChangesReport,
  changesInSet,
  type FileChange,
  type FileChangedJob,
  fileChanged,
} from "./changes.ts";
export type { Change, SetId } from "@doppel/format";
export { type DiffJob, diff } from "./diff.ts";
export { disprovesRestore, drill } from "./drill.ts";
export type { DrillJob, DrillReport } from "./drill/report.ts";
export { type FindJob, type FoundVersion, find } from "./find.ts";
export type { Difference } from "./history/difference.ts";
export type { ListedEntry } from "./history/entries.ts";
export type { SizeRange } from "./history/sizes.ts";
export { type ListStateJob, list, listBatches } from "./list.ts";
export { shellWord } from "./recipe/quote.ts";
export { recipe } from "./recipe.ts";
export { restore } from "./restore.ts";
export { goneText, rememberedIn } from "./status/remembered.ts";
export { status } from "./status.ts";
export type { Obstacle, OrphanedSet } from "./status/loose-ends.ts";
export { verify } from "./verify.ts";
export { cleanup, type CleanupJob, type CleanupReport } from "./cleanup.ts";
export { replicate, type ReplicatedSet, type ReplicateDeps, type ReplicateJob, type ReplicateReport } from "./replicate.ts";
export { type DeleteDeps, retain, type RetainJob, type RetainReport } from "./retain.ts";
export { type CalendarDay, type DayOf, utcDay } from "./retention/calendar.ts";
export type { DamagedSet } from "./retention/damage.ts";
export type { Deletions } from "./retention/deletions.ts";
export { type CleanupPlan, SAFETY_AGE_MS } from "./retention/plan-cleanup.ts";
export type { KeptChain, RemovedChain, RetentionPlan, RetentionWarning } from "./retention/plan-retention.ts";
export type { KeepPolicy, RetentionPolicy } from "./retention/policy.ts";
