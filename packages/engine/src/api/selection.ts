import type { SelectionOption } from "@doppel/tree";
import type { SelectionRule } from "./options.ts";
import { badArgument, kindOf } from "./paths.ts";

/** Rules as the engine takes them. @throws api.bad-argument */
export function selectionOf(rules: readonly SelectionRule[]): readonly SelectionOption[] {
  if (!Array.isArray(rules)) throw badArgument("rules", `an array, not ${kindOf(rules)}`);
  return rules.map((rule: SelectionRule, index) => optionOf(rule, `rules[${index}]`));
}

function optionOf(rule: SelectionRule, argument: string): SelectionOption {
  const given: unknown = rule;
  if (typeof given !== "object" || given === null) throw badArgument(argument, `a rule is an object, not ${kindOf(given)}`);
  const text = (value: unknown): string => {
    if (typeof value === "string" && value !== "") return value;
    throw badArgument(argument, `a pattern is a string that is not empty, not ${kindOf(value)}`);
  };
  if ("include" in rule) return { option: "include", value: text(rule.include) };
  if ("exclude" in rule) return { option: "exclude", value: text(rule.exclude) };
  if ("excludeIfPresent" in rule) return { option: "exclude-if-present", value: text(rule.excludeIfPresent) };
  if ("excludeOlderThan" in rule) return { option: "exclude-older-than", before: rule.excludeOlderThan };
  if ("oneFileSystem" in rule) return { option: "exclude-other-filesystems" };
  throw badArgument(argument, `there is no such rule: ${Object.keys(rule).join(", ")}`);
}
