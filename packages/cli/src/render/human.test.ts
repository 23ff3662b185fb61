import { DoppelError, pathFromBytes, pathFromText, type RunEvent } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { errorText, humanRenderer } from "./human.ts";
import type { Renderer } from "./renderer.ts";

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
  { type: "retry", operation: "store v1", attempt: 1, detail: "timed out" },
  { type: "debug", detail: "details" },
  { type: "progress", files: 1, bytes: 1, volumes: 0, storedBytes: 0, totalKnown: false },
  { type: "run.finished", kind: "backup", incomplete: 1 },
];

describe("verbosity", () => {
  const lines = {
    2: ["warning: etc/shadow: permission denied"],
    3: ["notice: key X expires soon", "notice: store v1 failed, attempt 1 follows: timed out"],
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
  const restore = (renderer: Renderer, count: number): void => {
    for (let i = 0; i < count; i++)
      renderer.event({ type: "notice", reason: "owner", incomplete: true, path: pathFromText(`f${i}`), detail: "no" });
    renderer.result({ kind: "restore", report: { files: 1, bytes: 1, incomplete: count }, seconds: 1, target: "t" });
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

describe("errors", () => {
  it("are one line, whatever they quote", () => {
    const error = new DoppelError("storage.denied", "cannot store über\u001b[2J\nevil: x", { operation: "store", name: "x" });
    expect(errorText("doppel", error)).toBe("doppel: cannot store über\\x1b[2J\\x0aevil: x");
  });

  it("of the program's own come with a trace and a request", () => {
    expect(errorText("doppel", new TypeError("x is not a function"))).toMatch(
      /^doppel: this is a bug in doppel, not your fault; please report it with these lines:\nTypeError: x is not a function\n {4}at /,
    );
    expect(errorText("doppel", new Error("cannot open '\u001b[2J'"))).toContain("cannot open '\\x1b[2J'\n    at ");
  });
});
