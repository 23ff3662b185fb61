import { DoppelError, pathFromBytes, pathFromText, type TreeDifference } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { jsonRenderer } from "./json-lines.ts";
import type { Renderer } from "./renderer.ts";

const EPOCH = "1970-01-01T00:00:00.000Z";

function objects(tell: (renderer: Renderer) => void, verbosity = 3): readonly unknown[] {
  let out = "";
  const renderer = jsonRenderer((data) => (out += String(data)), verbosity);
  tell(renderer);
  renderer.close();
  return out
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

describe("JSON lines", () => {
  it("carry events as they are, times in UTC", () => {
    const time = new Date(1_700_000_000_000);
    expect(
      objects((renderer) => {
        renderer.event({ type: "run.started", kind: "backup", target: "file:///t", time });
        renderer.event({ type: "notice", reason: "unreadable", incomplete: true, path: pathFromText("ä"), detail: "no" });
        renderer.event({ type: "volume.stored", name: "v", number: 1, size: 5 });
        renderer.event({ type: "debug", detail: "not at this verbosity" });
      }),
    ).toEqual([
      { v: 1, type: "run.started", kind: "backup", target: "file:///t", time: "2023-11-14T22:13:20.000Z" },
      { v: 1, type: "notice", reason: "unreadable", incomplete: true, path: "ä", detail: "no" },
      { v: 1, type: "volume.stored", name: "v", number: 1, size: 5 },
    ]);
    expect(objects((renderer) => renderer.event({ type: "debug", detail: "d" }), 9)).toEqual([
      { v: 1, type: "debug", detail: "d" },
    ]);
  });

  it("give the bytes of a path that is not UTF-8, and only then", () => {
    const entry = { type: "symlink", mode: 0o777, uid: 1, gid: 2, uname: "u", gname: "g", mtime: 0, size: 0 } as const;
    const latin1 = pathFromBytes(Buffer.from([0x61, 0xff]));
    const told = {
      v: 1,
      type: "entry",
      entryType: "symlink",
      time: "1970-01-01T00:00:00.000Z",
      mode: "0777",
      uid: 1,
      gid: 2,
      uname: "u",
      gname: "g",
    };
    expect(
      objects((renderer) => {
        renderer.row({ kind: "entry", entry: { ...entry, path: latin1, linkTarget: pathFromText("b\n") } });
        renderer.row({ kind: "entry", entry: { ...entry, path: pathFromText(""), linkTarget: latin1 } });
      }),
    ).toEqual([
      { ...told, path: "a\\xff", pathB64: "Yf8=", linkTarget: "b\n" },
      { ...told, path: ".", linkTarget: "a\\xff", linkTargetB64: "Yf8=" },
    ]);
  });

  it("tell a difference in the terms of its kind", () => {
    const path = pathFromText("a");
    const latin1 = pathFromBytes(Buffer.from([0xff]));
    const owner = { uid: 0, gid: 1, mode: 0o600 };
    const differences: readonly TreeDifference[] = [
      { kind: "data" },
      { kind: "type", actual: "dir", expected: "file" },
      { kind: "mtime", actual: 0, expected: 1 },
      { kind: "permissions", actual: owner, expected: owner },
      { kind: "link", actual: latin1, expected: path },
      { kind: "device", expected: { major: 1, minor: 2 } },
    ];
    const told = { v: 1, type: "difference", path: "a" };
    const mode = { uid: 0, gid: 1, mode: "0600" };
    expect(
      objects((renderer) => {
        for (const difference of differences) renderer.event({ type: "difference", path, difference });
      }),
    ).toEqual([
      { ...told, difference: "data" },
      { ...told, difference: "type", actual: "dir", expected: "file" },
      { ...told, difference: "mtime", actual: "1970-01-01T00:00:00.000Z", expected: "1970-01-01T00:00:01.000Z" },
      { ...told, difference: "permissions", actual: mode, expected: mode },
      { ...told, difference: "link", actual: "\\xff", actualB64: "/w==", expected: "a" },
      { ...told, difference: "device", expected: { major: 1, minor: 2 } },
    ]);
  });

  it("tell listings row by row, and what they come to", () => {
    const end = new Date(1_700_000_000_000);
    const set = { kind: "inc", start: end, end } as const;
    const time = "2023-11-14T22:13:20.000Z";
    const entry = { type: "file", mode: 0o644, uid: 1, gid: 2, uname: "u", gname: "g", mtime: 0, size: 0 } as const;
    const path = pathFromText("a");
    const sizeRange = { min: 1, max: 512 };
    const counts = { added: 1, removed: 0, changed: 0, attributes: 0, type: 0 };
    expect(
      objects((renderer) => {
        renderer.row({ kind: "version", version: { path, set, what: "new", until: end, type: "file", mtime: 0, sizeRange } });
        renderer.row({ kind: "version", version: { path, set, what: "deleted" } });
        renderer.row({ kind: "compared", from: end, to: end });
        renderer.row({ kind: "diff", difference: { path, what: "added", after: { ...entry, path, sizeRange } } });
        renderer.result({ kind: "diff", counts });
        renderer.row({ kind: "set", set });
        renderer.row({ kind: "change", change: { kind: "new", path } });
        renderer.result({ kind: "file-changes", path, changes: [{ set, kind: "new" }] });
      }),
    ).toEqual([
      {
        v: 1,
        type: "version",
        path: "a",
        set: "inc",
        start: time,
        time,
        what: "new",
        until: time,
        entryType: "file",
        mtime: EPOCH,
        size: sizeRange,
      },
      { v: 1, type: "version", path: "a", set: "inc", start: time, time, what: "deleted" },
      { v: 1, type: "compared", from: time, to: time },
      {
        v: 1,
        type: "diff",
        path: "a",
        what: "added",
        after: { entryType: "file", time: EPOCH, size: sizeRange, mode: "0644", uid: 1, gid: 2, uname: "u", gname: "g" },
      },
      { v: 1, type: "result", kind: "diff", counts },
      { v: 1, type: "set", set: "inc", start: time, time },
      { v: 1, type: "change", path: "a", change: "new" },
      { v: 1, type: "result", kind: "file-changes", path: "a", changes: [{ set: "inc", start: time, time, change: "new" }] },
    ]);
  });

  it("tell errors with their code, data and exit code", () => {
    const error = new DoppelError("volume.missing", "vol1 is missing", { name: "vol1" });
    expect(objects((renderer) => renderer.error(error, 21))).toEqual([
      { v: 1, type: "error", code: "volume.missing", exit: 21, message: "vol1 is missing", data: { name: "vol1" } },
    ]);
    expect(objects((renderer) => renderer.error(new TypeError("oops"), 30))).toMatchObject([
      { v: 1, type: "error", code: "bug", exit: 30 },
    ]);
  });
});
