import { OwnerNames, walkTree } from "@doppel/tree";
import { type SourceMessage, type SourceWorkerInput, STOP } from "../workers/protocol.ts";
import { rulesOf } from "./rules.ts";

const REPORT_EVERY = 5000;

/** Counts what is selected without opening a file, so that progress can tell how much there is to do. */
export function countSource(input: SourceWorkerInput, post: (message: SourceMessage) => void): void {
  const control = new Int32Array(input.control);
  let files = 0;
  let bytes = 0;
  const entries = walkTree(input.source, {
    rules: rulesOf(input),
    owners: OwnerNames.system(),
    copyLinks: input.copyLinks,
    onProblem: () => {}, // the reading walk tells
  });
  for (const entry of entries) {
    files++;
    bytes += entry.type === "file" ? entry.size : 0;
    if (files % REPORT_EVERY !== 0) continue;
    if (Atomics.load(control, STOP) === 1) return;
    post({ kind: "totals", files, bytes, done: false });
  }
  post({ kind: "totals", files, bytes, done: true });
}
