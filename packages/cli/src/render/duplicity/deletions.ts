import type { CleanupReport, RetainReport } from "@doppel/engine/internal";
import { asctime } from "../times.ts";
import type { Message } from "./message.ts";
import { type Counting, nounFor } from "./wording.ts";

type Removed = RetainReport["plan"]["removed"][number];

/** What `remove-…` did or would do (cli spec 4.7). `force`: asked for, though a dry run deletes nothing all the same. */
export function retentionMessages({ plan }: RetainReport, force: boolean, counting: Counting): readonly Message[] {
  const messages: Message[] = [];
  for (const warning of plan.warnings) {
    if (warning.kind === "newest-is-old") {
      const text = "Current active backup chain is older than specified time. It stays all the same: it is the newest.";
      messages.push({ level: "WARNING", text });
    } else {
      const lines = ["There are backup set(s) at time(s):", ...warning.times.map(asctime)];
      messages.push({
        level: "WARNING",
        text: [...lines, "Which can't be deleted because newer sets depend on them."].join("\n"),
      });
    }
  }
  const { removed } = plan;
  const times = removed.map(({ chain }) => asctime(chain.end));
  if (removed.length === 0) return [...messages, notice("No old backup sets found, nothing deleted.")];
  if (!force) {
    const head = `Found old backup ${chainsAt("at the following time", removed.length, counting)}:`;
    return [...messages, notice(head, ...times, "Rerun command with --force option to actually delete.")];
  }
  messages.push(notice(`Deleting backup ${chainsAt("at time", removed.length, counting)}:`, ...times));
  const newestFirst = [...removed].reverse();
  for (const one of newestFirst) {
    const line = notice(`Deleting ${describe("signature", one)}`);
    messages.push(...placesOf(one, plan.deletions.local).map(() => line));
  }
  for (const one of newestFirst) messages.push(notice(`Deleting ${describe("backup", one)}`));
  return messages;
}

/** Generation 3 counts the chains only. */
function chainsAt(when: string, count: number, counting: Counting): string {
  const plural = counting === "duplicity-0.8" && count !== 1 ? "s" : "";
  return `${nounFor(count, "chain", counting)} ${when}${plural}`;
}

function describe(what: "signature" | "backup", { chain, whole }: Removed): string {
  if (whole) return `complete ${what} chain ${asctime(chain.end)}`;
  return `any incremental ${what} chain rooted at ${asctime(chain.end)}`;
}

/** Signatures lie at the target and in the archive directory: a line for each. */
function placesOf({ sets }: Removed, local: readonly string[]): readonly ("target" | "archive")[] {
  const stems = sets.flatMap(({ signatures }) => (signatures === undefined ? [] : [stemOf(signatures)]));
  if (stems.length === 0) return [];
  const isKept = local.some((name) => stems.includes(stemOf(name)));
  return isKept ? ["target", "archive"] : ["target"];
}

function stemOf(name: string): string {
  return name.replace(/\.sigtar.*$/, "");
}

/** What `cleanup` did or would do (cli spec 4.8). */
export function cleanupMessages({ plan }: CleanupReport, force: boolean, counting: Counting): readonly Message[] {
  const { signatures, volumes, manifests, local } = plan.deletions;
  const orphaned = plan.orphaned.flatMap((set) => (set.signatures === undefined ? [] : [stemOf(set.signatures)]));
  const copies = local.filter((name) => name.includes(".sigtar") && orphaned.includes(stemOf(name)));
  const sets = bySet([...volumes, ...manifests]);
  const names = [...[...signatures].sort(), ...sets, ...[...copies].sort(), ...plan.uploads.map(({ name }) => name)];
  const count = names.length;
  if (count === 0) return [{ level: "WARNING", text: "No extraneous files found, nothing deleted in cleanup." }];
  const files = nounFor(count, "file", counting);
  if (!force) {
    const last = "Run duplicity again with the --force option to actually delete.";
    return [notice(`Found the following ${files} to delete:`, ...names, last)];
  }
  const these = count === 1 && counting === "duplicity-0.8" ? "this" : "these";
  return [notice(`Deleting ${these} ${files} from backend:`, ...names)];
}

/** Set by set, the manifest behind its volumes. */
function bySet(names: readonly string[]): readonly string[] {
  const places = names.map((name) => {
    const [set = "", volume = ""] = name.split(/\.(?:vol(?=\d)|(?=manifest|index|jsonstat))/);
    return { name, set, volume: /^\d/.test(volume) ? Number.parseInt(volume, 10) : Number.POSITIVE_INFINITY };
  });
  const rank = (a: number, b: number): number => (a === b ? 0 : a - b);
  places.sort((a, b) => (a.set < b.set ? -1 : a.set > b.set ? 1 : rank(a.volume, b.volume) || (a.name < b.name ? -1 : 1)));
  return places.map(({ name }) => name);
}

function notice(...lines: readonly string[]): Message {
  return { level: "NOTICE", text: lines.join("\n") };
}
