export { DoppelError, type EntryType, type ErrorCode, type ErrorData, isDoppelError, type NoticeReason } from "@doppel/base";
export type { BackupSet, Chain, SetId } from "@doppel/format";
export type { Encryption } from "./api/encryption.ts";
export type { EntryDifference, JobEvent } from "./api/events.ts";
export { compareEntryPaths } from "./api/fed-entries.ts";
export type { FileEntry } from "./api/file-entry.ts";
export { keysFromPassphrase, keysFromSecretKey, type Passphrase, recipientFromKey } from "./api/keys.ts";
export type { ByteSource, MadeEntries, MadeEntry } from "./api/made-entry.ts";
export { openTarget } from "./api/open.ts";
export type {
  BackupOptions,
  DeleteOptions,
  EntriesBackupOptions,
  FolderBackupOptions,
  JobOptions,
  ListOptions,
  ReadOptions,
  RestoreOptions,
  SelectionRule,
  StateOptions,
  TargetOptions,
  VerifyOptions,
} from "./api/options.ts";
export { pathBytes, type PathLike, pathText } from "./api/paths.ts";
export type { StoredBackup } from "./api/stored-backup.ts";
export type { Target } from "./api/target.ts";
export type { CheckedSet, CheckFinding, CheckReport } from "./check/report.ts";
export type { CleanupReport } from "./cleanup.ts";
export type { SizeRange } from "./history/sizes.ts";
export type {
  BackupReport,
  BackupStatistics,
  ChainStatus,
  RestoreReport,
  SetStatus,
  StatusReport,
  VerifyReport,
} from "./job.ts";
export { type ReceiptSigner, receiptSigner } from "./receipt/keys.ts";
export type { RetainReport } from "./retain.ts";
export type { DamagedSet } from "./retention/damage.ts";
export type { Deletions } from "./retention/deletions.ts";
export type { CleanupPlan } from "./retention/plan-cleanup.ts";
export type { KeptChain, RemovedChain, RetentionPlan, RetentionWarning } from "./retention/plan-retention.ts";
export { type CalendarDay, type DayOf, utcDay } from "./retention/calendar.ts";
export type { KeepPolicy, RetentionPolicy } from "./retention/policy.ts";
export type { Obstacle, OrphanedSet } from "./status/loose-ends.ts";
