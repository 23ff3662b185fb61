import type { CleanupReport, KeptChain, RetainReport } from "@doppel/engine/internal";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { cleanupText, retentionText } from "./plans.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "Europe/Berlin");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

type Chain = KeptChain["chain"];
type BackupSet = Chain["full"];

const START = 1_700_000_000;
const DAY = 86_400;
const NOTHING = { manifests: [], signatures: [], volumes: [], local: [], bytes: 0 };

function set(kind: "full" | "inc", day: number): BackupSet {
  const end = new Date((START + day * DAY) * 1000);
  return {
    id: { kind, start: kind === "full" ? end : new Date(end.getTime() - DAY * 1000), end },
    volumes: new Map(),
    encoding: "gpg",
  };
}

function chain(day: number, increments: number): Chain {
  const full = set("full", day);
  const incrementals = Array.from({ length: increments }, (_, i) => set("inc", day + i + 1));
  return { full, incrementals, start: full.id.end, end: (incrementals.at(-1) ?? full).id.end, hasSignatures: true };
}

function setsOf({ full, incrementals }: Chain): readonly BackupSet[] {
  return [full, ...incrementals];
}

const SOUND = { damage: [], insteadOf: [] };
const old = chain(0, 6);
const middle = chain(7, 0);
const report: RetainReport = {
  target: "file:///t",
  applied: false,
  plan: {
    removed: [{ chain: old, sets: [...setsOf(old)].reverse(), whole: true, damage: [] }],
    kept: [
      {
        chain: middle,
        reason: "period",
        periods: ["daily 2023-11-21", "weekly week of 2023-11-20", "monthly 2023-11", "yearly 2023"],
        ...SOUND,
      },
      { chain: chain(40, 2), reason: "newest", periods: ["daily 2023-12-24"], ...SOUND },
    ],
    warnings: [
      { kind: "needed", times: [middle.start, middle.end] },
      { kind: "newest-is-old", time: middle.end },
    ],
    deletions: { manifests: ["m"], signatures: ["s"], volumes: ["v1", "v2"], local: ["m"], bytes: 5_000_000 },
  },
};

it("shows a plan: what goes, what stays and why, and how to go on", () => {
  expect(retentionText(report, false)).toBe(`file:///t:
Would be deleted:
  2023-11-14 23:13:20 +01:00 to 2023-11-20 23:13:20 +01:00, 7 backups
Stays:
  2023-11-21 23:13:20 +01:00, 1 backup
    kept for day 2023-11-21, week of 2023-11-20, month 2023-11, year 2023
  2023-12-24 23:13:20 +01:00 to 2023-12-26 23:13:20 +01:00, 3 backups
    the newest chain always stays
    kept for day 2023-12-24
2 backups older than that stay, because newer ones build on them.
The newest backup is older than that, too: are backups still made?
In all 4 objects, 4.77 MB, and 1 local copy.
Nothing was deleted; --force deletes.
`);
  expect(retentionText(report, true)).toMatch(/\nNothing was deleted \(--dry-run\)\.\n$/);
});

it("tells what was deleted", () => {
  const removed = [{ chain: old, sets: [set("inc", 30), ...old.incrementals], whole: false, damage: [] }];
  const kept = (["new", "needed", "bare"] as const).map((reason, i) => ({
    chain: chain(50 + i, 0),
    reason,
    periods: [],
    ...SOUND,
  }));
  const { deletions } = report.plan;
  expect(retentionText({ ...report, applied: true, plan: { removed, kept, warnings: [], deletions } }, false)).toBe(`file:///t:
Deleted:
  6 increments of the full backup of 2023-11-14 23:13:20 +01:00, and 1 orphaned increment
Kept:
  2024-01-03 23:13:20 +01:00, 1 backup
    nothing of it is old
  2024-01-04 23:13:20 +01:00, 1 backup
    newer backups build on the old ones in it
  2024-01-05 23:13:20 +01:00, 1 backup
    it has no increments
Deleted 4 objects, 4.77 MB, and 1 local copy.
`);
});

it("says when there is nothing to delete", () => {
  const plan = { removed: [], kept: [], warnings: [], deletions: NOTHING };
  expect(retentionText({ ...report, plan }, false)).toBe("file:///t: there is no complete backup, nothing to delete.\n");
  const kept = [{ chain: middle, reason: "newest", periods: [], ...SOUND }] as const;
  expect(retentionText({ ...report, plan: { ...plan, kept } }, false)).toBe(`file:///t: nothing is old enough, nothing to delete.
Stays:
  2023-11-21 23:13:20 +01:00, 1 backup
    the newest chain always stays
`);
});

it("says aloud what is damaged, and what stays because of it", () => {
  const newest = chain(20, 1);
  const damage = [
    { set: newest.full, losses: ["volume 1 missing"] },
    { set: newest.incrementals[0]!, losses: ["volumes 2, 3 missing", "manifest empty"] },
  ];
  const removed = [{ chain: old, sets: setsOf(old), whole: true, damage: [{ set: old.full, losses: ["volume 7 empty"] }] }];
  const kept = [
    { chain: middle, reason: "spare", periods: ["monthly 2023-11"], damage: [], insteadOf: damage },
    { chain: newest, reason: "newest", periods: [], damage, insteadOf: [] },
  ] as const;
  const plan = { removed, kept, warnings: [], deletions: NOTHING };
  expect(retentionText({ ...report, plan }, false)).toBe(`file:///t:
Would be deleted:
  2023-11-14 23:13:20 +01:00 to 2023-11-20 23:13:20 +01:00, 7 backups
    DAMAGED 2023-11-14 23:13:20 +01:00: volume 7 empty
Stays:
  2023-11-21 23:13:20 +01:00, 1 backup
    kept for month 2023-11
    kept because the newer backup of 2023-12-04 23:13:20 +01:00 is damaged: volume 1 missing
    kept because the newer backup of 2023-12-05 23:13:20 +01:00 is damaged: volumes 2, 3 missing; manifest empty
  2023-12-04 23:13:20 +01:00 to 2023-12-05 23:13:20 +01:00, 2 backups
    the newest chain always stays
    DAMAGED 2023-12-04 23:13:20 +01:00: volume 1 missing
    DAMAGED 2023-12-05 23:13:20 +01:00: volumes 2, 3 missing; manifest empty
`);
  expect(retentionText({ ...report, plan: { ...plan, removed: [] } }, false)).toMatch(
    /^file:\/\/\/t: what is old is needed, because newer backups are damaged, nothing to delete\.\n/,
  );
});

const leftovers: CleanupReport["plan"] = {
  incomplete: [set("full", 1)],
  orphaned: [set("inc", 2)],
  loose: ["duplicity-new-signatures.x\u001b"],
  recent: [set("inc", 9)],
  superseded: [set("inc", 8)],
  lostManifest: [set("inc", 4)],
  unreachable: [
    { set: set("inc", 5), obstacle: "lost-manifest" },
    { set: set("inc", 6), obstacle: "replaced" },
    { set: set("inc", 7), obstacle: "overtaken" },
  ],
  uploads: [{ name: "vol1", begun: new Date(START * 1000), id: "1" }],
  recentUploads: [{ name: "vol2", begun: new Date((START + 9 * DAY) * 1000), id: "2" }],
  deletions: { manifests: ["m"], signatures: ["s"], volumes: ["v"], local: [], bytes: 1000 },
};

it("shows what cleanup would delete", () => {
  expect(cleanupText({ target: "file:///t", plan: leftovers, applied: false }, false)).toBe(`file:///t:
Would be deleted:
  unfinished full backup of 2023-11-15 23:13:20 +01:00
  increment of 2023-11-16 23:13:20 +01:00
    orphaned: a backup that it builds on is missing
  duplicity-new-signatures.x\\x1b
    its backup is gone
  unfinished upload of vol1, begun 2023-11-14 23:13:20 +01:00
Stays:
  increment of 2023-11-23 23:13:20 +01:00
    stored less than a day ago, and perhaps being made; --even-recent deletes it
  unfinished upload of vol2, begun 2023-11-23 23:13:20 +01:00
    begun less than a day ago, and perhaps under way; --even-recent aborts it
  increment of 2023-11-22 23:13:20 +01:00
    a later one has replaced it; it goes with its chain
  increment of 2023-11-18 23:13:20 +01:00
    its manifest is missing, but later backups build on it: put it back from a copy of the target, or delete them by hand to give them up
  increment of 2023-11-19 23:13:20 +01:00
    it comes back with that manifest
  increment of 2023-11-20 23:13:20 +01:00
    orphaned: it builds on a backup that a later one has replaced; it goes with its chain
  increment of 2023-11-21 23:13:20 +01:00
    orphaned: it builds on a backup that other increments continue; it goes with its chain
In all 3 objects, 1000 bytes, and 1 unfinished upload.
Nothing was deleted; --force deletes.
`);
});

it("cleans up the archive directory alone", () => {
  const none = {
    incomplete: [],
    orphaned: [],
    loose: [],
    recent: [],
    superseded: [],
    lostManifest: [],
    unreachable: [],
    uploads: [],
    recentUploads: [],
  };
  const clean = { target: "file:///t", plan: { ...none, deletions: NOTHING }, applied: true };
  expect(cleanupText(clean, false)).toBe("file:///t: nothing to clean up.\n");
  const local = { ...clean, plan: { ...none, deletions: { ...NOTHING, local: ["a.part", "b.part"] } } };
  expect(cleanupText(local, false)).toBe(`file:///t:
Deleted:
  2 leftovers in the archive directory
Deleted 0 objects, 0 bytes, and 2 local copies.
`);
});
