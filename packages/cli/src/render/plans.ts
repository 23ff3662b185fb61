import { displayText } from "@doppel/base";
import type {
  CleanupReport,
  DamagedSet,
  Deletions,
  KeptChain,
  RemovedChain,
  RetainReport,
  RetentionWarning,
} from "@doppel/engine/internal";
import { OBSTACLES, setText } from "./rows.ts";
import { byteText, counted } from "./sizes.ts";
import { localTime } from "./times.ts";

/** What `remove-*` and `prune` would do, or did: what goes, what stays and why, and how to go on. */
export function retentionText({ target, plan, applied }: RetainReport, dryRun: boolean): string {
  const { removed, kept, warnings, deletions } = plan;
  const lines: string[] = [];
  if (removed.length === 0) {
    const spared = kept.some(({ reason }) => reason === "spare");
    const old = spared ? "what is old is needed, because newer backups are damaged" : "nothing is old enough";
    const why = kept.length === 0 ? "there is no complete backup" : old;
    lines.push(`${target}: ${why}, nothing to delete.`);
  } else {
    lines.push(`${target}:`, `${applied ? "Deleted" : "Would be deleted"}:`);
    for (const chain of removed) lines.push(...because(removedText(chain), ...chain.damage.map(damageText)));
  }
  if (kept.length > 0) lines.push(applied ? "Kept:" : "Stays:");
  for (const chain of kept) lines.push(...because(chainText(chain.chain), ...reasons(chain), ...chain.damage.map(damageText)));
  lines.push(...warnings.map(warningText), ...closing(deletions, applied, dryRun));
  return `${lines.join("\n")}\n`;
}

/** The same for `cleanup`. */
export function cleanupText({ target, plan, applied }: CleanupReport, dryRun: boolean): string {
  const { incomplete, orphaned, loose, recent, superseded, lostManifest, unreachable, uploads, recentUploads, deletions } = plan;
  const goes = [
    ...incomplete.flatMap(({ id, signatures }) =>
      because(`unfinished ${setText(id)}`, ...(signatures === undefined ? [] : [ALL_BUT_MANIFEST])),
    ),
    ...orphaned.flatMap(({ id }) => because(setText(id), `orphaned: ${OBSTACLES.missing}`)),
    ...loose.flatMap((name) => because(displayText(name), "its backup is gone")),
    ...uploads.flatMap((upload) => because(uploadText(upload))),
  ];
  if (deletions.local.length > 0 && objectsOf(deletions) === 0)
    goes.push(...because(`${counted(deletions.local.length, "leftover")} in the archive directory`));
  const stays = [
    ...recent.flatMap(({ id }) =>
      because(setText(id), "stored less than a day ago, and perhaps being made; --even-recent deletes it"),
    ),
    ...recentUploads.flatMap((upload) =>
      because(uploadText(upload), "begun less than a day ago, and perhaps under way; --even-recent aborts it"),
    ),
    ...superseded.flatMap(({ id }) => because(setText(id), "a later one has replaced it; it goes with its chain")),
    ...lostManifest.flatMap(({ id, receipt }) => because(setText(id), receipt === undefined ? LOST_MANIFEST : FINISHED)),
    ...unreachable.flatMap(({ set, obstacle }) =>
      because(
        setText(set.id),
        obstacle === "lost-manifest"
          ? "it comes back with that manifest"
          : `orphaned: ${OBSTACLES[obstacle]}; it goes with its chain`,
      ),
    ),
  ];
  const lines: string[] = [];
  if (goes.length === 0) lines.push(`${target}: nothing to clean up.`);
  else lines.push(`${target}:`, `${applied ? "Deleted" : "Would be deleted"}:`, ...goes);
  if (stays.length > 0) lines.push(applied ? "Kept:" : "Stays:", ...stays);
  return `${[...lines, ...closing(deletions, applied, dryRun, uploads.length)].join("\n")}\n`;
}

function uploadText({ name, begun }: CleanupReport["plan"]["uploads"][number]): string {
  return `unfinished upload of ${displayText(name)}, begun ${localTime(begun)}`;
}

const ALL_BUT_MANIFEST = "it lacks only its manifest: if that was lost, put it back from a copy of the target first";
const LOST_MANIFEST =
  "its manifest is missing, but later backups build on it: put it back from a copy of the target, or delete them by hand to give them up";

const FINISHED =
  "its manifest is missing, but its receipt says that it was finished: put the manifest back from a copy of the target, or delete the receipt by hand to give it up";

/** An item of a list, with its reasons on lines of their own. */
function because(what: string, ...why: readonly string[]): readonly string[] {
  return [`  ${what}`, ...why.map((reason) => `    ${reason}`)];
}

function closing(deletions: Deletions, applied: boolean, dryRun: boolean, uploads = 0): readonly string[] {
  const objects = objectsOf(deletions);
  const { local, bytes } = deletions;
  if (objects + local.length + uploads === 0) return [];
  const copies = local.length > 0 ? `, and ${counted(local.length, "local copy", "local copies")}` : "";
  const parts = uploads > 0 ? `, and ${counted(uploads, "unfinished upload")}` : "";
  const sum = `${counted(objects, "object")}, ${byteText(bytes)}${copies}${parts}`;
  if (applied) return [`Deleted ${sum}.`];
  const then = dryRun ? "Nothing was deleted (--dry-run)." : "Nothing was deleted; --force deletes.";
  return [`In all ${sum}.`, then];
}

function objectsOf({ manifests, signatures, volumes }: Deletions): number {
  return manifests.length + signatures.length + volumes.length;
}

/** `2023-11-14 23:13:20 +01:00 to 2023-11-16 23:13:20 +01:00, 3 backups` */
function chainText({ start, end, incrementals }: KeptChain["chain"]): string {
  if (incrementals.length === 0) return `${localTime(start)}, 1 backup`;
  return `${localTime(start)} to ${localTime(end)}, ${counted(1 + incrementals.length, "backup")}`;
}

function removedText({ chain, sets, whole }: RemovedChain): string {
  const strays = sets.length - chain.incrementals.length - (whole ? 1 : 0);
  const and = strays > 0 ? `, and ${counted(strays, "orphaned increment")}` : "";
  if (whole) return `${chainText(chain)}${and}`;
  return `${counted(chain.incrementals.length, "increment")} of the full backup of ${localTime(chain.start)}${and}`;
}

function reasons({ reason, periods, insteadOf }: KeptChain): readonly string[] {
  const kept = periods.length > 0 ? [`kept for ${periods.map(periodText).join(", ")}`] : [];
  switch (reason) {
    case "newest":
      return ["the newest chain always stays", ...kept];
    case "new":
      return ["nothing of it is old"];
    case "needed":
      return ["newer backups build on the old ones in it"];
    case "period":
      return kept;
    case "bare":
      return ["it has no increments"];
    case "spare":
      return [...kept, ...insteadOf.slice(-SHOWN).map(spareText)];
  }
}

/** How many damaged backups are named as the reason why an older chain stays; the newest ones. */
const SHOWN = 3;

function spareText({ set, losses }: DamagedSet): string {
  return `kept because the newer backup of ${localTime(set.id.end)} is damaged: ${losses.map(displayText).join("; ")}`;
}

function damageText({ set, losses }: DamagedSet): string {
  return `DAMAGED ${localTime(set.id.end)}: ${losses.map(displayText).join("; ")}`;
}

/** `day 2026-11-22` for `daily 2026-11-22`; a week says already what it is. */
function periodText(period: string): string {
  return period
    .replace(/^weekly /, "")
    .replace(/^daily /, "day ")
    .replace(/^(month|year)ly /, "$1 ");
}

function warningText(warning: RetentionWarning): string {
  if (warning.kind === "newest-is-old") return "The newest backup is older than that, too: are backups still made?";
  const { length } = warning.times;
  return length === 1
    ? "1 backup older than that stays, because newer ones build on it."
    : `${length} backups older than that stay, because newer ones build on them.`;
}
