import type { BytePath, RunEvent } from "@doppel/base";
import type {
  BackupReport,
  ChangesReport,
  CleanupReport,
  Difference,
  FileChange,
  FoundVersion,
  ListedEntry,
  ReplicateReport,
  RestoreReport,
  RetainReport,
  StatusReport,
  VerifyReport,
} from "@doppel/engine/internal";

/** How many changes there are, and the longest path among them in bytes: only counted for who needs to know it before the first. */
export interface ChangesSize {
  readonly count: number;
  readonly longest: number;
}

type Change = ReturnType<ChangesReport["changes"]> extends AsyncIterable<infer T> ? T : never;

/** One line of a listing, which may be too long to be held. */
export type Row =
  /** `list` */
  | { readonly kind: "entry"; readonly entry: ListedEntry }
  /** `find` */
  | { readonly kind: "version"; readonly version: FoundVersion }
  /** `diff`: the times of the two states, before all rows of */
  | { readonly kind: "compared"; readonly from: Date; readonly to: Date }
  | { readonly kind: "diff"; readonly difference: Difference }
  /** `status --show-changes-in-set`: the set, before all rows of */
  | { readonly kind: "set"; readonly set: ChangesReport["set"]; readonly size?: ChangesSize }
  | { readonly kind: "change"; readonly change: Change };

/** How many differences of each kind. */
export type DiffCounts = Readonly<Record<Difference["what"], number>>;

interface VerifyResult {
  readonly kind: "verify";
  readonly report: VerifyReport;
  readonly seconds: number;
  readonly comparedData: boolean;
  /** Only this path of the backup was read. */
  readonly path?: string;
}

/** What a command hands over when it is done. */
export type Result =
  | { readonly kind: "backup"; readonly report: BackupReport; readonly seconds: number; readonly restoreWith: string }
  | {
      readonly kind: "restore";
      readonly report: RestoreReport;
      readonly seconds: number;
      readonly target: string;
      readonly dryRun: boolean;
    }
  | VerifyResult
  | { readonly kind: "status"; readonly report: StatusReport; readonly archiveDir: string }
  | { readonly kind: "changes"; readonly count: number }
  | { readonly kind: "file-changes"; readonly path: BytePath; readonly changes: readonly FileChange[] }
  | { readonly kind: "list"; readonly listed: number }
  | { readonly kind: "find"; readonly found: number }
  | { readonly kind: "diff"; readonly counts: DiffCounts }
  /** `dryRun`: asked for, and not only because nobody said `--force`. */
  | { readonly kind: "retention"; readonly report: RetainReport; readonly dryRun: boolean }
  | { readonly kind: "cleanup"; readonly report: CleanupReport; readonly dryRun: boolean }
  | { readonly kind: "replicate"; readonly report: ReplicateReport }
  | { readonly kind: "recipe"; readonly script: Uint8Array }
  /** A command that makes its own text (with a newline at its end), and the same as JSON: the members of `data` beside `kind: name`. */
  | { readonly kind: "page"; readonly name: string; readonly text: string; readonly data: object };

/** A way to tell what happens. It is given values and decides what of them is shown, and how. */
export interface Renderer {
  event(event: RunEvent): void;
  row(row: Row): void;
  result(result: Result): void;
  /** Why the run ended; `error` may be anything that was thrown, and `exit` is what the program exits with. */
  error(error: unknown, exit: number): void;
  /** Nothing comes after this. Writes what is still held back. */
  close(): void;
}
