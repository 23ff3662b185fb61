import type { BackupSet, Collection, Manifest, NamePrefixes, VolumeInfo } from "@doppel/format";
import { manifestName, volumeName } from "@doppel/format";
import type { Target } from "../read/target.ts";
import { wasFinished } from "../status/finished.ts";
import { looseEnds } from "../status/loose-ends.ts";
import type { CheckFinding } from "./report.ts";

/** A set under check. */
export interface Subject {
  readonly set: BackupSet;
  /** "lost": it has no manifest, and had one. */
  readonly state: "complete" | "unfinished" | "lost";
  readonly findings: CheckFinding[];
  read: number;
  readBytes: number;
  readBefore: number;
}

/** One object of it. */
export interface CheckedObject {
  readonly subject: Subject;
  readonly name: string;
  readonly role: "volume" | "manifest" | "signatures" | "index" | "receipt";
  /** By the listing, bytes. */
  readonly size: number;
  /** Of a volume whose manifest could be read: what it says of it. */
  readonly info?: VolumeInfo;
  /** What its receipt says that it is, lower-case hex. */
  readonly sha256?: string;
}

/** All sets of a target, by end time, with what the listing alone tells of each. */
export function subjectsOf({ collection }: Pick<Target, "collection">, prefixes: NamePrefixes): readonly Subject[] {
  const { chains, superseded } = collection;
  const { unfinished, lostManifest, orphaned } = looseEnds(collection);
  const begin = (set: BackupSet, state: Subject["state"], ...findings: CheckFinding[]): Subject => ({
    set,
    state,
    findings: [...findings, ...(state === "unfinished" ? [] : listedFindings(set, collection, prefixes))],
    read: 0,
    readBytes: 0,
    readBefore: 0,
  });
  const lost = (set: BackupSet): Subject => {
    const name = manifestName(set.id, set.encoding, prefixes);
    return begin(set, "lost", problem("missing", name, "is missing: without it the backup cannot be restored"));
  };
  const inChains = chains.flatMap(({ full, incrementals }) => [full, ...incrementals]);
  const subjects = [
    ...inChains.map((set) => begin(set, "complete")),
    ...superseded.map((set) => begin(set, "complete", orphan(set, "replaced"))),
    ...orphaned.map(({ set, obstacle }) => begin(set, "complete", orphan(set, obstacle))),
    ...lostManifest.map(lost),
    ...unfinished.map((set) => (wasFinished(set) ? lost(set) : begin(set, "unfinished", unfinishedFinding(set)))),
  ];
  return subjects.sort((a, b) => a.set.id.end.getTime() - b.set.id.end.getTime());
}

/** What of a set can be read, by its listing and, if they could be had, its manifest and the hashes of its receipt. */
export function objectsOf(
  subject: Subject,
  manifest: Manifest | undefined,
  hashes: ReadonlyMap<string, string>,
  { sizes }: Target,
): readonly CheckedObject[] {
  const { set } = subject;
  const infos = new Map(manifest?.volumes.map((info) => [info.number, info]));
  const object = (role: CheckedObject["role"], name: string | undefined, info?: VolumeInfo): CheckedObject[] => {
    if (name === undefined) return [];
    const sha256 = hashes.get(name);
    return [{ subject, name, role, size: sizes.get(name) ?? 0, ...(info && { info }), ...(sha256 !== undefined && { sha256 }) }];
  };
  return [
    ...object("manifest", set.manifest),
    ...[...set.volumes].flatMap(([number, name]) => object("volume", name, infos.get(number))),
    ...object("signatures", set.signatures),
    ...object("index", set.index),
    ...object("receipt", set.receipt),
  ];
}

/** Volumes that a manifest names and the target does not have, and the other way round. */
export function compareVolumes(set: BackupSet, { volumes }: Manifest, prefixes: NamePrefixes): readonly CheckFinding[] {
  const named = new Set(volumes.map(({ number }) => number));
  const missing = volumes.filter(({ number }) => !set.volumes.has(number));
  return [
    ...missing.map(({ number }) =>
      problem("missing", volumeName(set.id, number, set.encoding, prefixes), "is missing, though its manifest names it"),
    ),
    ...[...set.volumes]
      .filter(([number]) => !named.has(number))
      .map(([, name]) => problem("unnamed", name, "is not named in the manifest of its backup, which was perhaps cut off")),
  ];
}

/** Gaps among the numbers of volumes, for who cannot read the manifest. */
export function gapsIn(set: BackupSet, prefixes: NamePrefixes): readonly CheckFinding[] {
  const last = Math.max(1, ...set.volumes.keys());
  return Array.from({ length: last }, (_, index) => index + 1)
    .filter((number) => !set.volumes.has(number))
    .map((number) => problem("missing", volumeName(set.id, number, set.encoding, prefixes), "is missing"));
}

export function problem(kind: CheckFinding["kind"], name: string, detail: string): CheckFinding {
  return { severity: "problem", kind, name, detail };
}

export function warning(kind: CheckFinding["kind"], name: string, detail: string): CheckFinding {
  return { severity: "warning", kind, name, detail };
}

function listedFindings(set: BackupSet, { conflicts }: Collection, prefixes: NamePrefixes): readonly CheckFinding[] {
  const names = new Set([...set.volumes.values(), set.manifest, set.signatures]);
  const findings: CheckFinding[] = [];
  for (const { ambiguous, names: both, reason } of conflicts)
    if (ambiguous && both.some((name) => names.has(name)))
      findings.push(problem("conflict", both.join(", "), `cannot be told apart: ${reason}`));
  if (set.signatures === undefined) {
    const name = manifestName(set.id, set.encoding, prefixes);
    findings.push(
      warning("missing", name, "has no signature archive beside it: everything can be restored, but no increment made"),
    );
  }
  return findings;
}

function unfinishedFinding(set: BackupSet): CheckFinding {
  const name = [...set.volumes.values(), set.signatures].find((found) => found !== undefined) ?? "";
  return warning(
    "unfinished",
    name,
    "is of a backup that was not finished, or has lost its manifest; the next backup may go on with it",
  );
}

function orphan(set: BackupSet, obstacle: string): CheckFinding {
  const name = set.manifest ?? "";
  if (obstacle === "replaced" || obstacle === "overtaken")
    return warning("orphaned", name, "is of an increment that another one has taken the place of: it cannot be restored");
  return problem("orphaned", name, "is of an increment whose backup before is missing or has no manifest: it cannot be restored");
}
