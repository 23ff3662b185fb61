import type { SetStatus, StatusReport } from "@doppel/engine/internal";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { statusText, troubles } from "./status.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "Europe/Berlin");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const EMPTY: StatusReport = {
  target: "file:///t",
  chains: [],
  incomplete: [],
  lostManifest: [],
  orphaned: [],
  orphanedSignatures: [],
  conflicts: [],
};

function set(
  kind: "full" | "inc",
  seconds: number,
  encoding: "gpg" | "gzip",
  volumes: number,
  problems: readonly string[] = [],
): SetStatus {
  const end = new Date(seconds * 1000);
  const names = new Map(Array.from({ length: volumes }, (_, i) => [i + 1, `vol${i + 1}`]));
  return {
    set: { id: { kind, start: end, end }, encoding, volumes: names },
    volumes,
    volumeBytes: volumes * 200 * 2 ** 20,
    metadataBytes: 1024,
    archived: new Map(),
    problems,
  };
}

function chain(...sets: SetStatus[]): StatusReport["chains"][number] {
  const [full, ...incrementals] = sets.map(({ set }) => set);
  return { chain: { full: full!, incrementals, start: full!.id.end, end: sets.at(-1)!.set.id.end, hasSignatures: true }, sets };
}

it("says clearly that there is nothing", () => {
  expect(statusText(EMPTY)).toBe("No complete backup at file:///t.\n");
});

it("lists the sets of all chains, newest last", () => {
  const chains = [
    chain(set("full", 1_700_000_000, "gpg", 12), set("inc", 1_700_086_400, "gpg", 1)),
    chain(set("full", 1_795_313_498, "gzip", 1)),
  ];
  expect(statusText({ ...EMPTY, chains })).toBe(`file:///t: 3 complete backups in 2 chains, 2.73 GB

Chain 1 of 2: 2 backups, 2.54 GB
Time                         Kind        Volumes    Stored   Encrypted
2023-11-14 23:13:20 +01:00   full             12   2.34 GB   yes
2023-11-15 23:13:20 +01:00   increment         1    200 MB   yes

Chain 2 of 2, the newest: 1 backup, 200 MB
Time                         Kind        Volumes    Stored   Encrypted
2026-11-22 03:11:38 +01:00   full              1    200 MB   no
`);
});

it("says when the only chain cannot be continued", () => {
  const only = chain(set("full", 1_700_000_000, "gpg", 12));
  expect(
    statusText({ ...EMPTY, chains: [{ ...only, chain: { ...only.chain, hasSignatures: false } }] }),
  ).toBe(`file:///t: 1 complete backup, 2.34 GB

The chain's signatures are missing: restoring does not need them, but it cannot be continued.
Time                         Kind   Volumes    Stored   Encrypted
2023-11-14 23:13:20 +01:00   full        12   2.34 GB   yes
`);
});

it("calls nothing complete that lacks something", () => {
  const full = set("full", 1_700_000_000, "gpg", 12, ["volumes 2, 3 missing", "signature archive empty"]);
  const chains = [chain(full, set("inc", 1_700_086_400, "gpg", 1))];
  expect(statusText({ ...EMPTY, chains })).toBe(`file:///t: 2 backups, 1 of them DAMAGED, 2.54 GB

Time                         Kind        Volumes    Stored   Encrypted
2023-11-14 23:13:20 +01:00   full             12   2.34 GB   yes
2023-11-15 23:13:20 +01:00   increment         1    200 MB   yes
DAMAGED 2023-11-14 23:13:20 +01:00: volumes 2, 3 missing; signature archive empty

Bring what is missing back from a copy of the target, or begin a new chain with
doppel full. Until then later backups of the same chain may not be restorable either.
`);
  const headline = (...sets: SetStatus[]): string => statusText({ ...EMPTY, chains: [chain(...sets)] }).split("\n")[0]!;
  expect(headline(full)).toBe("file:///t: 1 backup, DAMAGED, 2.34 GB");
  expect(headline(full, full)).toBe("file:///t: 2 backups, all DAMAGED, 4.69 GB");
});

it("explains what is not part of a chain", () => {
  const text = statusText({
    ...EMPTY,
    incomplete: [set("full", 1_700_000_000, "gpg", 2)],
    orphaned: [{ ...set("inc", 1_700_086_400, "gpg", 1), obstacle: "missing" }],
    orphanedSignatures: ["duplicity-new-signatures.x"],
    conflicts: [{ names: ["a", "b"], reason: "two names for one volume", ambiguous: true }],
  });
  expect(text).toBe(`No complete backup at file:///t.

1 unfinished backup: an interrupted run left it, or it is running now.
It cannot be restored and does no harm; doppel cleanup removes it.

Time                         Kind   Volumes   Stored   Encrypted
2023-11-14 23:13:20 +01:00   full         2   400 MB   yes

1 orphaned increment: a backup that they build on is missing.
They cannot be restored without it: bring it back from a copy of the target. doppel cleanup removes them.

Time                         Kind        Volumes   Stored   Encrypted
2023-11-15 23:13:20 +01:00   increment         1   200 MB   yes

Signatures that belong to no backup here:
  duplicity-new-signatures.x

Conflict: two names for one volume
  a
  b
`);
});

it("tells what was lost from what was left, and counts what cannot be used", () => {
  const bare = set("inc", 1_700_000_000, "gpg", 1);
  const sealed = { ...bare, set: { ...bare.set, signatures: "s" } };
  const orphan = (obstacle: StatusReport["orphaned"][number]["obstacle"]) => ({ ...bare, obstacle });
  const text = (more: Partial<StatusReport>): string => statusText({ ...EMPTY, ...more });
  expect(text({ incomplete: [bare] })).toContain("does no harm; doppel cleanup removes it");
  expect(text({ incomplete: [sealed] })).toMatch(/1 backup without a manifest: an interrupted run left it so, or it was lost/);
  expect(text({ incomplete: [sealed] })).not.toContain("no harm");
  expect(text({ lostManifest: [sealed] })).toContain("LOST: the manifest of 1 backup that later ones build on");
  const finished = { ...sealed, set: { ...sealed.set, receipt: "r" } };
  expect(text({ lostManifest: [finished] })).toContain("LOST: the manifest of 1 backup whose receipt says that it was finished");
  expect(text({ orphaned: [orphan("lost-manifest")] })).toContain("They come back with it");
  expect(text({ orphaned: [orphan("replaced"), orphan("replaced")] })).toMatch(
    /2 orphaned increments: they build on a backup that a later one has replaced/,
  );
  expect(text({ orphaned: [orphan("overtaken")] })).not.toContain("missing");

  expect(troubles({ ...EMPTY, incomplete: [bare, sealed] })).toBe(0);
  expect(troubles({ ...EMPTY, conflicts: [{ names: ["a"], reason: "x", ambiguous: false }] })).toBe(0);
  const conflicts = [{ names: ["a", "b"], reason: "x", ambiguous: true }];
  expect(troubles({ ...EMPTY, lostManifest: [sealed], orphaned: [orphan("missing")], conflicts })).toBe(3);
});

it("shows names from the target without what drives a terminal", () => {
  const names = ["duplicity-full.20260101T000000Z.manifest.\u001b[2J\n"];
  expect(statusText({ ...EMPTY, conflicts: [{ names, reason: "x", ambiguous: false }] })).toContain("manifest.\\x1b[2J\\x0a\n");
});

it("says what lies in an archive", () => {
  const archived = { ...set("full", 1_600_000_000, "gpg", 3), archived: new Map([["GLACIER", 3]]) };
  const text = statusText({ ...EMPTY, chains: [chain(archived, set("inc", 1_600_086_400, "gpg", 1))] });
  expect(text).toMatch(/\nArchived: 3 objects in GLACIER; restoring takes hours and --thaw, unless thawed copies are there\.\n$/);
});
