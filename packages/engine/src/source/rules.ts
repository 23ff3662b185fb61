import type { BytePath } from "@doppel/base";
import { compileRules, type Rules, type RulesContext } from "@doppel/tree";
import type { SourceChoice } from "../job.ts";

/** The rules of a job, compiled where they are needed: functions do not cross threads. */
export function rulesOf(input: SourceChoice): Rules {
  return compiled(input, {});
}

/**
 * The same where the source is only the part of it that `path` names (duplicity-cli.md 15, Z13): patterns that are about
 * something else say nothing, and are no error.
 */
export function rulesOfPart(input: SourceChoice, path: BytePath | undefined): Rules {
  return compiled(input, { cannotMatch: "skip", part: path });
}

function compiled(input: SourceChoice, more: Pick<RulesContext, "cannotMatch" | "part">): Rules {
  return compileRules(input.selection, {
    source: input.source,
    readFile: (name) => input.filelists.get(name) ?? new Uint8Array(),
    nullSeparator: input.nullSeparator,
    ...more,
  });
}
