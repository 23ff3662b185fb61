import { type BytePath, displayPath, displayText, joinPath, ROOT } from "@doppel/base";
import type { explanationOf } from "../wire.ts";

type Explanation = ReturnType<typeof explanationOf>;

/** What was asked, and what was found. Paths are absolute. */
export interface Judged {
  readonly path: BytePath;
  readonly root: BytePath;
  /** Undefined for a path outside the source. */
  readonly explanation: Explanation | undefined;
  /** The backups themselves lie there. */
  readonly holdsTarget: boolean;
}

/** A line for the verdict, and one for each reason. Ends with a newline. */
export function explanationText(judged: Judged): string {
  const { path, explanation } = judged;
  const isStored = explanation?.stored === true;
  const lines = [`${displayPath(path)} ${isStored ? "is" : "is NOT"} backed up:`, `  ${reasonOf(judged)}`];
  if (explanation?.byRules !== undefined) {
    const verdict = explanation.byRules === "include" ? "would be backed up" : "would not be backed up either";
    lines.push(`If it were there, it ${verdict}:`, `  ${ruleText(explanation)}`);
  }
  if (isStored && explanation.isPartial === true) {
    lines.push("Of what is in this folder, only what the rules include is backed up.");
  } else if (isStored && explanation.isEmpty === true) {
    lines.push("Nothing in this folder is backed up, only the folder itself.");
  }
  if (judged.holdsTarget && isStored)
    lines.push("The backups themselves lie there: each one will contain all earlier ones;", "exclude it.");
  return `${lines.join("\n")}\n`;
}

/** The same for programs. */
export function explanationData({ root, explanation, holdsTarget }: Judged): object {
  if (explanation === undefined) return { backedUp: false, reason: "outside-source", source: displayPath(root) };
  const { stored, reason, at, rule, marker, problem, byRules, isEmpty, isPartial } = explanation;
  return {
    backedUp: stored,
    reason: problem === undefined ? reason : problem.reason,
    source: displayPath(root),
    decidedAt: displayPath(below(root, at)),
    rule: rule ?? null,
    ...(marker !== undefined && { marker: displayPath(marker as BytePath) }),
    ...(byRules !== undefined && { ifItWereThere: byRules === "include" }),
    ...(isEmpty !== undefined && { empty: isEmpty }),
    ...(isPartial && { partial: true }),
    ...(holdsTarget && { holdsTarget }),
  };
}

function reasonOf({ path, root, explanation }: Judged): string {
  if (explanation === undefined) return `it does not lie in ${displayPath(root)}, which is what is backed up`;
  const at = below(root, explanation.at);
  const where = displayPath(at);
  const isItself = at === path;
  switch (explanation.reason) {
    case "rules":
      if (explanation.stored && explanation.at === ROOT) return "it is the source itself, which every backup has";
      if (explanation.isPartial === true) return `it leads to what is included by ${named(explanation)}`;
      return `${isItself ? "" : `the folder ${where} is left out:\n  `}${ruleText(explanation)}`;
    case "marker":
      return `the folder ${where} has ${displayPath(explanation.marker as BytePath)} in it (--exclude-if-present)`;
    case "not-listed":
      return `${isItself ? "it" : where} is not in the list of --files-from`;
    case "below-link":
      return `${where} is a symbolic link, and backed up as one;\n  ask about the path that it points to (--copy-links follows links)`;
    case "not-a-folder":
      return `${where} is no folder`;
    case "nothing-below":
      return `nothing in it is selected; it is only looked into, for ${named(explanation)}`;
    case "problem":
      return `${isItself ? "" : `${where}: `}${problemText(explanation)}`;
  }
}

function problemText({ problem }: Explanation): string {
  if (problem?.reason === "vanished") return "it does not exist now";
  return displayText(problem?.detail ?? "it cannot be backed up");
}

/** The rule as one that decided. */
function ruleText(explanation: Explanation): string {
  if (explanation.rule === undefined) return "no rule is about it, and what no rule is about is backed up";
  return `${explanation.rule.kind === "include" ? "included" : "excluded"} by ${named(explanation)}`;
}

/** `/etc/doppel/files:3: - /var/cache`, or `option 2: --exclude /var/cache`. */
function named({ rule }: Explanation): string {
  if (rule === undefined) return "a rule";
  if (!rule.origin.startsWith("--")) return displayText(`${rule.origin}: ${rule.kind === "include" ? "+" : "-"} ${rule.pattern}`);
  const pattern = rule.pattern === rule.origin ? "" : ` ${rule.pattern}`;
  return displayText(`rule ${rule.order}: ${rule.origin}${pattern}`);
}

function below(root: BytePath, path: BytePath): BytePath {
  return path === "" ? root : joinPath(root, path);
}
