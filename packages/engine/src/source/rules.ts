import { compileRules, type Rules } from "@doppel/tree";
import type { SourceWorkerInput } from "../workers/protocol.ts";

/** The rules of a job, compiled where they are needed: functions do not cross threads. */
export function rulesOf(
  input: Pick<SourceWorkerInput, "selection" | "source" | "filelists" | "nullSeparator">,
  cannotMatch: "error" | "skip" = "error",
): Rules {
  return compileRules(input.selection, {
    source: input.source,
    readFile: (name) => input.filelists.get(name) ?? new Uint8Array(),
    nullSeparator: input.nullSeparator,
    cannotMatch,
  });
}
