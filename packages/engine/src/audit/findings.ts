import { type Collection, formatTime, type NamePrefixes, type ObjectName, parseName, type SetId } from "@doppel/format";
import type { Target } from "../read/target.ts";
import { type ChainGap, chainGaps } from "../receipt/chain-gaps.ts";
import type { StoredReceipt } from "../receipt/read-receipt.ts";
import { setKey } from "../retention/inventory.ts";
import { looseEnds, type Obstacle } from "../status/loose-ends.ts";
import type { AuditFinding } from "./report.ts";

interface AuditedDraft {
  readonly id: SetId;
  readonly names: readonly ObjectName[];
  readonly stored?: StoredReceipt;
}

/**
 * Increments that nothing can restore any more, because a backup that they build on is not there, or not without its manifest. Retention
 * deletes from the end of a chain, or all of it: it leaves none.
 */
export function orphanFindings<D extends AuditedDraft>(
  drafts: readonly D[],
  collection: Collection,
): readonly (readonly [D, AuditFinding])[] {
  const byKey = new Map(drafts.map((draft) => [setKey(draft.id), draft]));
  return looseEnds(collection).orphaned.flatMap(({ set, obstacle }): (readonly [D, AuditFinding])[] => {
    const draft = byKey.get(setKey(set.id));
    const why = CANNOT_RESTORE[obstacle];
    if (!draft || why === undefined) return [];
    return [[draft, { severity: "problem", kind: "orphaned", name: set.manifest ?? draft.names[0]!.name, detail: why }]];
  });
}

/** Of those whose place others have taken, what they build on is there. */
const CANNOT_RESTORE: Readonly<Partial<Record<Obstacle, string>>> = {
  missing:
    "is of an increment that builds on a backup that is gone: it cannot be restored; prune never leaves that: bring back what is missing from a copy of the target, and make a new full backup",
  "lost-manifest":
    "is of an increment that builds on a backup without its manifest: it cannot be restored before that is brought back from a copy of the target",
};

/**
 * Where the chain of receipts is broken, with the set whose receipt says so.
 * @param drafts oldest first
 * @param orphans of which more is told than that what they build on is gone
 */
export function chainFindings<D extends AuditedDraft>(
  drafts: readonly D[],
  orphans: readonly (readonly [D, AuditFinding])[],
  prefixes: NamePrefixes,
): readonly (readonly [D, AuditFinding])[] {
  const withReceipt = drafts.filter(({ stored }) => stored !== undefined).reverse();
  const byName = new Map(withReceipt.map((draft) => [draft.stored!.name, draft]));
  const setsLeft = new Set(drafts.map(({ id }) => setKey(id)));
  const orphaned = new Set(orphans.map(([draft]) => draft));
  return chainGaps(withReceipt.map(({ stored }) => stored!)).flatMap((gap): (readonly [D, AuditFinding])[] => {
    const draft = byName.get(gap.name)!;
    const before = parseName(gap.previous, prefixes)?.set;
    const isBase = before !== undefined && before.end.getTime() === draft.id.start.getTime() && !setsLeft.has(setKey(before));
    if (gap.reason === "missing" && isBase && orphaned.has(draft)) return [];
    return [[draft, chainFinding(gap, setsLeft, prefixes)]];
  });
}

function chainFinding({ name, previous, reason }: ChainGap, setsLeft: ReadonlySet<string>, prefixes: NamePrefixes): AuditFinding {
  const finding = (severity: AuditFinding["severity"], detail: string): AuditFinding => ({
    severity,
    kind: "chain",
    name,
    detail,
  });
  switch (reason) {
    case "missing": {
      const set = parseName(previous, prefixes)?.set;
      if (set && setsLeft.has(setKey(set)))
        return finding("problem", `names ${previous} as the one before it, which is gone, though its backup is there`);
      return finding(
        "warning",
        `names ${previous} as the one before it, which is gone with its backup, though older ones are there: prune does that; if nobody pruned, somebody deleted`,
      );
    }
    case "different":
      return finding("problem", `names ${previous} as the one before it, which is not what it was then`);
    case "unread":
      return finding("warning", `names ${previous} as the one before it, which could not be read`);
    case "skipped":
      return finding(
        "warning",
        `names ${previous} as the one before it, though there are others between the two: two machines may store here`,
      );
    case "restarted":
      return finding("warning", `says that it is the first, though ${previous} is older`);
  }
}

/** What is to be said of a set without a receipt. The newest that has no manifest may be the one that is being made. */
export function unreceipted(
  { id, names }: AuditedDraft,
  drafts: readonly AuditedDraft[],
  { incomplete }: Pick<Collection, "incomplete">,
): readonly AuditFinding[] {
  const isUnfinished = incomplete.some((set) => setKey(set.id) === setKey(id));
  if (isUnfinished && id === drafts.at(-1)?.id) return [];
  const rest = `and what else there is of ${formatTime(id.end)}`;
  const finding = (kind: AuditFinding["kind"], detail: string): readonly AuditFinding[] => [
    { severity: "warning", kind, name: names[0]!.name, detail: `${rest}: ${detail}` },
  ];
  if (isUnfinished) return finding("unfinished", "a backup that was not finished; doppel cleanup removes it");
  if (!names.some(({ role }) => role === "manifest"))
    return finding("gone", "left of a deleted backup; doppel cleanup removes it");
  return finding("no-receipt", "cannot be checked, because it has no receipt");
}

/** Of `doppel doctor`: who may not delete has to leave them. */
const CANARY = "doppel-canary-";

/** What is of no backup at all. */
export function foreignFindings({ sizes }: Target, prefixes: NamePrefixes): readonly AuditFinding[] {
  return [...sizes.keys()]
    .filter((name) => parseName(name, prefixes) === undefined && !name.includes(CANARY))
    .sort()
    .map((name) => ({ severity: "warning", kind: "foreign", name, detail: "is of no backup" }));
}
