import { displayPath, displayText, joinPath } from "@doppel/base";
import { type IncludeProbe, probeIncludes } from "@doppel/tree";
import type { Check, Source } from "./context.ts";
import type { Finding } from "./finding.ts";

/** So many entries are looked at for each pattern: a few seconds at most. */
const LIMIT = 50_000;
/** So many are named in one line. */
const NAMED = 8;

/** Whether everything that is to be backed up is there, can be read, and has something in it. */
export const folders: Check = async ({ source }) => {
  if (source === undefined) {
    return [
      {
        id: "folders",
        level: "skipped",
        title: "the folders that are backed up",
        detail: "no profile says which: doppel doctor @NAME",
      },
    ];
  }
  const probes = probeIncludes(source.path, { rules: source.rules(), copyLinks: source.copyLinks, limit: LIMIT });
  const well = probes.filter(({ result }) => result === "matches");
  const rest = probes.flatMap((probe) => (probe.result === "matches" ? [] : [findingOf(probe, probe.result, source)]));
  if (well.length === 0) return rest;
  const title =
    rest.length === 0 ? "everything that is to be backed up is there" : `${well.length} of ${probes.length} are there`;
  return [{ id: "folders", level: "pass", title: `${title}: ${shown(well, source)}` }, ...rest];
};

function shown(probes: readonly IncludeProbe[], source: Source): string {
  const names = probes.slice(0, NAMED).map((probe) => nameOf(probe, source));
  return probes.length > NAMED ? `${names.join(", ")} and ${probes.length - NAMED} more` : names.join(", ");
}

/** The pattern, or the source where there is none. */
function nameOf({ rule }: IncludeProbe, { path }: Source): string {
  return rule === undefined ? displayPath(path) : displayText(rule.pattern);
}

function findingOf(probe: IncludeProbe, result: Exclude<IncludeProbe["result"], "matches">, source: Source): Finding {
  const { rule, at, explanation } = probe;
  const where = displayPath(at === "" ? source.path : joinPath(source.path, at));
  const what = nameOf(probe, source);
  const from = rule === undefined || rule.origin.startsWith("--") ? "" : ` (${displayText(rule.origin)})`;
  const id = `folders:${what}`;
  switch (result) {
    case "empty":
      return {
        id,
        level: "fail",
        title: `${what}${from} is empty: nothing in it is backed up`,
        remedy: "is its disk mounted? If it is empty on purpose, leave it out of the list",
      };
    case "nothing":
      return {
        id,
        level: "fail",
        title: `nothing that matches ${what}${from} is backed up`,
        remedy: `doppel explain PATH tells which rule decides; look at ${where}`,
      };
    case "gave-up":
      return {
        id,
        level: "skipped",
        title: `what ${what}${from} matches`,
        detail: `among the first ${LIMIT} entries nothing does`,
      };
    case "refused":
      return { id, level: "fail", ...refused(explanation!, what + from) };
  }
}

function refused(
  { reason, problem, rule }: NonNullable<IncludeProbe["explanation"]>,
  what: string,
): Pick<Finding, "title" | "detail" | "remedy"> {
  if (problem?.reason === "vanished") {
    return {
      title: `${what} does not exist`,
      remedy: "is its disk mounted? Otherwise correct the list: nothing of it is in any backup",
    };
  }
  if (problem !== undefined) {
    return {
      title: `${what} cannot be backed up`,
      detail: displayText(problem.detail),
      remedy: "run backups as a user that may read it",
    };
  }
  const detail = rule?.kind === "exclude" ? displayText(`${rule.origin} excludes ${rule.pattern}`) : WHY[reason];
  return {
    title: `${what} is not backed up`,
    ...(detail !== undefined && { detail }),
    remedy: "the first rule that matches decides: put what is wanted before what is not; doppel explain tells more",
  };
}

const WHY: Readonly<Partial<Record<NonNullable<IncludeProbe["explanation"]>["reason"], string>>> = {
  marker: "a folder has a name of --exclude-if-present in it",
  "not-listed": "--files-from does not list it",
  "below-link": "a folder on the way to it is a symbolic link, which is stored as a link",
  "not-a-folder": "what it is said to lie in is no folder",
  "nothing-below": "what it is said to lie in is no folder",
};
