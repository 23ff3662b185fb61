import type { SetFacts } from "../check/facts.ts";
import type { FolderDigest } from "../state/memory.ts";
import { type Case, judged, sizeText, when } from "./case.ts";
import { type Finding, some } from "./finding.ts";
import { FolderTotals } from "./folder-totals.ts";

/** So many sets before the one in question are compared with it. */
const BEFORE = 10;
/** Of a folder smaller than this nothing is concluded from its compression. */
const TELLING_BYTES = 64 * 1024;
/** From here on a folder counts as incompressible, and below the other it was not. */
const RANDOM_RATIO = 0.97;
const ORDINARY_RATIO = 0.85;
/** Folders smaller than that shrink and grow as they like. */
const SMALL_FOLDER = 1024 * 1024;

/** Whether a backup looks like those before it. */
export function judgePlausible(of: Case): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const set of judged(of)) {
    const at = of.facts.sets.indexOf(set);
    const before = of.facts.sets.slice(at + 1, at + 1 + BEFORE);
    const whole = sizes(set, before, of);
    // That all of it has shrunk says more than that a folder has.
    const parts = folders(set, before, of).filter(({ id }) => id !== "folder-shrunk" || whole.length === 0);
    for (const finding of [...whole, ...parts]) {
      if (!findings.has(finding.id)) findings.set(finding.id, finding);
    }
  }
  return [...findings.values()];
}

function sizes(set: SetFacts, before: readonly SetFacts[], of: Case): readonly Finding[] {
  const { shrinkTo, growBy } = of.expect;
  const { kind, end } = set.id;
  const findings: Finding[] = [];
  const tell = (id: string, what: string, now: number, usual: number): void => {
    const hint = id === "shrunk" ? "is a disk not mounted, or a rule wrong?" : "what has come in, or has everything changed?";
    const text = `the backup of ${when(of, end)} has ${sizeText(now)} of ${what}, and ${sizeText(usual)} are usual: ${hint}`;
    findings.push({ id, severity: "critical", text });
  };
  const source = set.receipt?.sourceBytes;
  const sources = before.flatMap(({ receipt }) => receipt?.sourceBytes ?? []);
  const usualSource = median(sources);
  const stored = before.filter(({ id, damage }) => id.kind === kind && damage.length === 0).map(({ storedBytes }) => storedBytes);
  const usualStored = median(stored);
  if (source !== undefined && usualSource !== undefined) {
    if (source < usualSource * shrinkTo) tell("shrunk", "files", source, usualSource);
    if (source > usualSource * growBy && source > SMALL_FOLDER) tell("grown", "files", source, usualSource);
  }
  // Increments are small on quiet days; a single full backup tells little of what is usual, but what is half of it is worth a look.
  if (usualStored !== undefined) {
    if (kind === "full" && set.storedBytes < usualStored * shrinkTo && findings.length === 0)
      tell("shrunk", "stored data", set.storedBytes, usualStored);
    const enough = kind === "full" || stored.length >= 3;
    if (enough && set.storedBytes > usualStored * growBy && set.storedBytes > SMALL_FOLDER && findings.length === 0) {
      tell("grown", "stored data", set.storedBytes, usualStored);
    }
  }
  return findings;
}

function folders(set: SetFacts, before: readonly SetFacts[], of: Case): readonly Finding[] {
  const now = set.receipt?.folders;
  if (now === undefined) return [];
  const findings: Finding[] = [];
  const time = when(of, set.id.end);
  const here = new FolderTotals(now);
  const history = new Map<string, FolderDigest[]>();
  const earlier = before.flatMap(({ receipt }) => (receipt?.folders ? [new FolderTotals(receipt.folders)] : []));
  for (const { receipt } of before) {
    for (const folder of receipt?.folders ?? []) {
      const known = history.get(folder.name);
      if (known) known.push(folder);
      else history.set(folder.name, [folder]);
    }
  }
  const isEmpty = (name: string): boolean => here.isEmpty(name) === true;
  const expected = of.expect.folders.map((name) => name.replace(/^\/+|\/+$/g, ""));
  const gone = earlier.flatMap((past) => past.names().filter((name) => isEmpty(name) && past.of(name).files > 0));
  const empty = new Set([...expected.filter(isEmpty), ...gone]);
  // Of a folder that is gone, those below it say nothing more.
  const lost = [...empty].filter((name) => !parentsOf(name).some((above) => empty.has(above)));
  // With a thousand folders and more, those behind the last are counted as one.
  const isCut = now.some(({ name }) => name === "…");
  if (lost.length > 0 && !isCut) {
    const text = `the backup of ${time} has no file of ${some(lost)}: is a disk not mounted? Left out on purpose, it is forgotten after ${BEFORE} backups`;
    findings.push({ id: "folder-gone", severity: "critical", text });
  }
  const tooDeep = expected.filter((name) => here.isEmpty(name) === undefined);
  if (tooDeep.length > 0) {
    const text = `whether the backup of ${time} has files of ${some(tooDeep)} cannot be seen: its receipt counts folders ${here.depth} deep; on the server --receipt-depth ${depthOf(tooDeep)}`;
    findings.push({ id: "folder-unseen", severity: "warning", text });
  }
  const smaller = now.filter(({ name }) => {
    const usual = median(earlier.map((past) => past.of(name).bytes).filter((bytes) => bytes > 0));
    return !isEmpty(name) && usual !== undefined && usual >= SMALL_FOLDER && here.of(name).bytes < usual * of.expect.shrinkTo;
  });
  if (smaller.length > 0) {
    const text = `in the backup of ${time} much smaller than usual: ${some(smaller.map(({ name }) => `${name} (${sizeText(here.of(name).bytes)})`))}; is a disk below it not mounted?`;
    findings.push({ id: "folder-shrunk", severity: "warning", text });
  }
  const scrambled = now.filter((folder) => looksScrambled(folder, history.get(folder.name) ?? []));
  if (scrambled.length > 0) {
    const names = some(scrambled.map(({ name, changedFiles, files }) => `${name} (${changedFiles} of ${files} files)`));
    const text = `in the backup of ${time} nearly everything has changed and cannot be compressed any more: ${names}. That is what ransomware leaves: look at the files, and keep the backups before it`;
    findings.push({ id: "scrambled", severity: "critical", text });
  }
  return findings;
}

/** `a` and `a/b` of `a/b/c`. */
function parentsOf(name: string): readonly string[] {
  const parts = name.split("/");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/"));
}

function depthOf(names: readonly string[]): number {
  return Math.max(...names.map((name) => name.split("/").length));
}

/** Most of it has changed, and what compressed well before does not compress at all now. */
function looksScrambled(folder: FolderDigest, past: readonly FolderDigest[]): boolean {
  const { files, changedFiles, changedBytes, ratio } = folder;
  const usual = median(past.flatMap((one) => one.ratio ?? []));
  if (ratio === undefined || usual === undefined || changedBytes < TELLING_BYTES) return false;
  return ratio >= RANDOM_RATIO && usual <= ORDINARY_RATIO && changedFiles * 2 > files;
}

/** The middle one; of two in the middle the smaller. */
function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
