import { compileRules, type Rules } from "@doppel/tree";
import type { SourceChoice } from "../job.ts";

/** The rules of a job, compiled where they are needed: functions do not cross threads. */
export function rulesOf(input: SourceChoice, cannotMatch: "error" | "skip" = "error"): Rules {
  return compileRules(input.selection, {
    source: input.source,
    readFile: (name) => input.filelists.get(name) ?? new Uint8Array(),
    nullSeparator: input.nullSeparator,
    cannotMatch,
  });
}
