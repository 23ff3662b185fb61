export { checkSource } from "./check-source.ts";
export { type ExplainOptions, type Explanation, explainPath } from "./explain.ts";
export { type FileContent, openContent } from "./content.ts";
export { type IncludeProbe, probeIncludes } from "./probe-includes.ts";
export { OwnerNames } from "./owners.ts";
export { normaliseSource, type SourceEntry, type TreeProblem, TreeProblemError } from "./source.ts";
export { compileRules, type RulesContext } from "./rules/compile.ts";
export { compileGlob, type Glob, type GlobOptions } from "./rules/glob.ts";
export type {
  ConfiguredInclude,
  DecidingRule,
  ExplainedRules,
  FilterOption,
  ListedFolder,
  Rules,
  SelectionOption,
  Subject,
  UnmatchedRule,
  Verdict,
} from "./rules/rules.ts";
export { pathOf, textOf } from "./rules/text.ts";
export { type WalkOptions, walkTree } from "./walk.ts";
export type { AttributeOptions } from "./write/attributes.ts";
export type { Identity } from "./write/folder.ts";
export { checkRestoreTarget, targetFolder } from "./write/target.ts";
export type { FileCrew } from "./write/crew.ts";
export { type FileOutcome, type FilePlace, FileWriter, type FileWriterOptions } from "./write/file.ts";
export { TreeWriter, type TreeWriterOptions, type WrittenCounts } from "./write.ts";
