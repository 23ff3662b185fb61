export { backup, checkBackup } from "./backup.ts";
export { archiveDirFor } from "./cache/archive-dir.ts";
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
  RecipeJob,
  RestoreJob,
  RestoreReport,
  SetStatus,
  StatusJob,
  StatusReport,
} from "./job.ts";
export { list } from "./list.ts";
export { recipe } from "./recipe.ts";
export { restore } from "./restore.ts";
export { status } from "./status.ts";
