export { checkSource } from "./check-source.ts";
export { type FileContent, openContent } from "./content.ts";
export { OwnerNames } from "./owners.ts";
export { normaliseSource, type SourceEntry, type TreeProblem, TreeProblemError } from "./source.ts";
export { compileRules, type RulesContext } from "./rules/compile.ts";
export type { Rules, SelectionOption, Subject, UnmatchedRule, Verdict } from "./rules/rules.ts";
export { type WalkOptions, walkTree } from "./walk.ts";
export { checkRestoreTarget } from "./write/target.ts";
export { TreeWriter, type TreeWriterOptions, type WrittenCounts } from "./write.ts";
