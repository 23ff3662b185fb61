import type { PathEntry, RunEvent } from "@doppel/base";
import type { BackupReport, RestoreReport, StatusReport } from "@doppel/engine";

/** What a command hands over when it is done. */
export type Result =
  | { readonly kind: "backup"; readonly report: BackupReport; readonly seconds: number; readonly restoreWith: string }
  | { readonly kind: "restore"; readonly report: RestoreReport; readonly seconds: number; readonly target: string }
  | { readonly kind: "status"; readonly report: StatusReport }
  | { readonly kind: "recipe"; readonly script: Uint8Array };

/** A way to tell what happens. It is given values and decides what of them is shown, and how. */
export interface Renderer {
  event(event: RunEvent): void;
  /** One entry of a listing. */
  entry(entry: PathEntry): void;
  result(result: Result): void;
  /** Why the run ended; `error` may be anything that was thrown, and `exit` is what the program exits with. */
  error(error: unknown, exit: number): void;
  /** Nothing comes after this. Writes what is still held back. */
  close(): void;
}
