import { DoppelError, pathFromBytes, pathFromText, type RunEvent } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errorText, humanRenderer } from "./human.ts";
import type { Renderer, Result, Row } from "./renderer.ts";

function rendering(
  verbosity: number,
  tell: (renderer: Renderer) => void,
  options: { terminal?: boolean } = {},
): { out: string; err: string } {
  let out = "";
  let err = "";
  const terminal = options.terminal ?? false;
  const renderer = humanRenderer({
    stdout: (data) => (out += Buffer.from(data).toString("latin1")),
    stderr: (data) => (err += String(data)),
    verbosity,
    progress: terminal,
    columns: () => 80,
    stdoutIsTerminal: terminal,
    statistics: true,
    now: () => 0,
    program: "doppel",
    incompleteExit: 3,
  });
  tell(renderer);
  renderer.close();
  return { out, err };
}

const TIME = new Date(1_700_000_000_000);
const EVENTS: readonly RunEvent[] = [
  { type: "run.started", kind: "backup", target: "file:///t", time: TIME },
  { type: "notice", reason: "socket", incomplete: false, path: pathFromText("run/s"), detail: "a socket, left out" },
  { type: "notice", reason: "unreadable", incomplete: true, path: pathFromText("etc/shadow"), detail: "permission denied" },
  { type: "notice", reason: "key", incomplete: false, detail: "key X expires soon" },
  { type: "entry.done", path: pathFromText("etc/passwd"), entryType: "file", size: 1 },
  { type: "volume.stored", name: "v1", number: 1, size: 2048 },
  { type: "object.stored", name: "m", size: 10 },
  { type: "object.deleted", name: "o" },
  { type: "metadata.copied", name: "c" },
  { type: "retry", operation: "store v1", attempt: 1, detail: "timed out" },
  { type: "debug", detail: "details" },
  { type: "progress", files: 1, bytes: 1, volumes: 0, storedBytes: 0, totalKnown: false },
  { type: "run.finished", kind: "backup", incomplete: 1 },
];

describe("verbosity", () => {
  const lines = {
    2: ["warning: etc/shadow: permission denied"],
    3: ["notice: key X expires soon", "notice: store v1 failed, attempt 2 follows: timed out"],
    4: ["deleted o", "copied c to the archive directory"],
    5: ["backup: file:///t", "notice: run/s: a socket, left out", "etc/passwd", "stored v1 (2.00 KB)", "stored m (10 bytes)"],
    9: ["details"],
  };
  it.each([0, 1, 2, 3, 4, 5, 8, 9])("%i", (verbosity) => {
    const { out, err } = rendering(verbosity, (renderer) => EVENTS.forEach((event) => renderer.event(event)));
    const shown = Object.entries(lines).flatMap(([level, texts]) => (Number(level) <= verbosity ? texts : []));
    expect(err.split("\n").filter(Boolean).sort()).toEqual(shown.sort());
    expect(out).toBe("");
  });
});

describe("what is missing", () => {
  const RESTORED = { files: 1, bytes: 1, lost: 0, badVolumes: 0, wanted: [] };
  const restore = (renderer: Renderer, count: number): void => {
    for (let i = 0; i < count; i++)
      renderer.event({ type: "notice", reason: "owner", incomplete: true, path: pathFromText(`f${i}`), detail: "no" });
    renderer.result({ kind: "restore", report: { ...RESTORED, incomplete: count }, seconds: 1, target: "t", dryRun: false });
  };

  it("is listed at the end, the first twenty", () => {
    const { err } = rendering(3, (renderer) => restore(renderer, 23));
    const end = err.split("\n").slice(23, -1);
    expect(end[0]).toBe("Restore INCOMPLETE: 23 problems");
    expect(end.slice(1, 21)).toEqual(Array.from({ length: 20 }, (_, i) => `  f${i}: no`));
    expect(end.slice(21)).toEqual([
      "  and 3 more; -v5 shows all",
      "Exit code 3: everything else is sound, but something was left out or is not as it was.",
    ]);
  });

  it("is listed completely at -v5", () => {
    expect(rendering(5, (renderer) => restore(renderer, 23)).err).toContain("\n  f22: no\nExit code 3");
  });
});

describe("entries", () => {
  const entry = { type: "file", mode: 0, uid: 0, gid: 0, uname: "", gname: "", mtime: 0, size: 0 } as const;
  const path = pathFromBytes(Buffer.from("caf\xe9\u001b", "latin1"));
  it("are raw bytes for programs, and harmless on a terminal", () => {
    const piped = rendering(3, (renderer) => renderer.row({ kind: "entry", entry: { ...entry, path } }));
    expect(piped.out.slice(27)).toBe("caf\xe9\u001b\n");
    expect(piped.out.slice(0, 27)).toMatch(/^1970-01-01 \d\d:\d\d:\d\d [+-]\d\d:\d\d $|^1969-12-31 .{15} $/);
    const shown = rendering(3, (renderer) => renderer.row({ kind: "entry", entry: { ...entry, path } }), { terminal: true });
    expect(shown.out).toMatch(/ caf\\xe9\\x1b\n$/);
  });
});

describe("listings", () => {
  const full = { kind: "full", start: TIME, end: TIME } as const;
  const inc = { kind: "inc", start: TIME, end: new Date(TIME.getTime() + 86_400_000) } as const;
  const a = pathFromText("d/a");
  const written = (rows: readonly Row[], result: Result): string =>
    rendering(3, (renderer) => {
      for (const row of rows) renderer.row(row);
      renderer.result(result);
    }).out;

  beforeEach(() => {
    vi.stubEnv("TZ", "Europe/Berlin");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("of versions", () => {
    const mtime = 1_690_000_000;
    const rows: readonly Row[] = [
      { kind: "version", version: { path: a, set: full, what: "new", until: TIME, mtime, sizeRange: { min: 1, max: 512 } } },
      {
        kind: "version",
        version: { path: a, set: inc, what: "changed", until: TIME, mtime, sizeRange: { min: 99 << 20, max: (99 << 20) + 5 } },
      },
      { kind: "version", version: { path: a, set: inc, what: "deleted" } },
    ];
    expect(written(rows, { kind: "find", found: 3 })).toBe(
      `Backup                     What           Size Date of the file           Path
2023-11-14 23:13:20 +01:00 new     <=512 bytes 2023-07-22 06:26:40 +02:00 d/a
2023-11-15 23:13:20 +01:00 changed     99.0 MB 2023-07-22 06:26:40 +02:00 d/a
2023-11-15 23:13:20 +01:00 deleted                                        d/a
`,
    );
  });

  it("of differences between two states", () => {
    const compared = { kind: "compared", from: full.end, to: inc.end } as const;
    const counts = { added: 1, removed: 0, changed: 1, attributes: 0, type: 0 };
    const rows: readonly Row[] = [
      compared,
      { kind: "diff", difference: { path: pathFromText(""), what: "attributes" } },
      { kind: "diff", difference: { path: a, what: "changed", uncertain: true } },
    ];
    const head = "--- 2023-11-14 23:13:20 +01:00\n+++ 2023-11-15 23:13:20 +01:00\n";
    expect(written(rows, { kind: "diff", counts })).toBe(`${head}attributes .\nchanged?   d/a\n`);
    const none = { added: 0, removed: 0, changed: 0, attributes: 0, type: 0 };
    expect(written([compared], { kind: "diff", counts: none })).toBe(`${head}Nothing differs.\n`);
  });

  it("of the changes of a set, and of a file", () => {
    const rows: readonly Row[] = [
      { kind: "set", set: inc },
      { kind: "change", change: { kind: "new", path: a } },
    ];
    const head = "Changes in the increment of 2023-11-15 23:13:20 +01:00\n";
    expect(written(rows, { kind: "changes", count: 1 })).toBe(`${head}new     d/a\n`);
    expect(written(rows.slice(0, 1), { kind: "changes", count: 0 })).toBe(
      `${head}No regular file is new, changed or deleted in it.\n`,
    );
    const changes = [{ set: full, kind: "new" } as const, { set: inc, kind: "deleted" } as const];
    expect(written([], { kind: "file-changes", path: a, changes })).toBe(
      "2023-11-14 23:13:20 +01:00 full      new\n2023-11-15 23:13:20 +01:00 increment deleted\n",
    );
    expect(written([], { kind: "file-changes", path: a, changes: [] })).toBe(
      "No backup of the newest chain changed d/a; doppel find looks in all chains.\n",
    );
  });

  it("of what a replication did", () => {
    const backup = { id: full, volumes: new Map([[1, "v"]]), encoding: "gpg" } as const;
    const gone = new DoppelError("volume.missing", "volume 2 is missing", { name: "v2" });
    const none = { objects: 0, bytes: 0, checked: "size", errors: [] } as const;
    const sets = [
      { set: backup, outcome: "copied", objects: 3, bytes: 2048, checked: "size", errors: [] },
      { ...none, set: backup, outcome: "there" },
      { ...none, set: backup, outcome: "failed", errors: [gone] },
      { ...none, set: { ...backup, id: inc }, outcome: "blocked" },
    ] as const;
    expect(
      written([], { kind: "replicate", report: { from: "file:///a", to: "file:///b", sets } }),
    ).toBe(`file:///a to file:///b: 1 backup copied, 1 already there, 2.00 KB

Time                         Kind        Objects    Copied   Outcome
2023-11-14 23:13:20 +01:00   full              3   2.00 KB   copied
2023-11-14 23:13:20 +01:00   full              0   0 bytes   already there, by name and size
2023-11-14 23:13:20 +01:00   full              0   0 bytes   FAILED
2023-11-15 23:13:20 +01:00   increment         0   0 bytes   not tried

1 backup checked by size only: without a key its checksums cannot be read.

Not copied:
  2023-11-14 23:13:20 +01:00: volume 2 is missing
  1 backup not tried, because what it builds on failed: put that right, and the next run goes on with it

What was already there was not read; --verify reads and compares it.
`);
  });
});

describe("verifying", () => {
  const VERIFIED = { compared: 6, differences: 0, incomplete: 0, lost: 0, badVolumes: 0, volumes: 9 };
  const verified = (verbosity: number, comparedData: boolean, differences: number) =>
    rendering(verbosity, (renderer) => {
      if (differences > 0) renderer.event({ type: "difference", path: pathFromText("a"), difference: { kind: "data" } });
      renderer.result({ kind: "verify", report: { ...VERIFIED, differences }, seconds: 1, comparedData });
    });

  it("ends with duplicity's line, and says what was not compared", () => {
    expect(verified(3, true, 1).out).toBe(
      "Difference found: Data for file a is different\nVerify complete: 6 files compared, 1 difference found.\n",
    );
    expect(verified(3, false, 0).out).toBe(
      "Every volume was read and checked; --compare-data also compares with the folder.\nVerify complete: 6 files compared, 0 differences found.\n",
    );
    expect(verified(2, true, 1)).toEqual({ out: "", err: "" });
  });

  it.each([
    [1, "The volume that can hold a/b was read and checked, no others"],
    [2, "The 2 volumes that can hold a/b were read and checked, no others"],
  ])("of one path in %d says that not all was read", (volumes, text) => {
    const report = { ...VERIFIED, volumes };
    const { out } = rendering(3, (renderer) =>
      renderer.result({ kind: "verify", report, seconds: 1, comparedData: false, path: "a/b" }),
    );
    expect(out.split("; --compare-data")[0]).toBe(text);
  });

  it("of a damaged backup says how many volumes are bad, and what is lost", () => {
    const { out, err } = rendering(3, (renderer) => {
      const notice = { type: "notice", incomplete: true } as const;
      renderer.event({ ...notice, reason: "volume", detail: "v2 is missing" });
      renderer.event({ ...notice, reason: "lost", path: pathFromText("a"), detail: "lost" });
      const report = { ...VERIFIED, incomplete: 2, lost: 1, badVolumes: 1 };
      renderer.result({ kind: "verify", report, seconds: 1, comparedData: false });
    });
    expect(out).toBe("Verify finished, the backup is DAMAGED: 6 files compared, 0 differences found.\n");
    expect(err.split("\n").slice(2)).toEqual([
      "Backup DAMAGED: 1 of 9 volumes cannot be used, 1 path lost",
      "  v2 is missing",
      "  a: lost",
      "Exit code 21: `restore` brings back all the rest.",
      "",
    ]);
  });
});

describe("errors", () => {
  it("are one line, whatever they quote", () => {
    const error = new DoppelError("storage.denied", "cannot store über\u001b[2J\nevil: x", { operation: "store", name: "x" });
    expect(errorText("doppel", error)).toBe("doppel: cannot store über\\x1b[2J\\x0aevil: x");
  });

  it("of the program's own come with a trace and a request", () => {
    const busy =
      "Another duplicity instance is already running with this archive directory (/var/cache/doppel/web1/lockfile: process 7)";
    const locked = new DoppelError("archive-dir.locked", busy, { path: "/var/cache/doppel/web1/lockfile" });
    expect(errorText("doppel", locked)).toBe(
      "doppel: another backup is running with the same archive directory (/var/cache/doppel/web1/lockfile: process 7); wait until it has ended, or name another with --archive-dir",
    );
    expect(errorText("doppel", new TypeError("x is not a function"))).toMatch(
      /^doppel: this is a bug in doppel, not your fault; please report it with these lines:\nTypeError: x is not a function\n {4}at /,
    );
    expect(errorText("doppel", new Error("cannot open '\u001b[2J'"))).toContain("cannot open '\\x1b[2J'\n    at ");
  });
});
