import { DoppelError, pathFromBytes, pathFromText } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { jsonRenderer } from "./json-lines.ts";
import type { Renderer } from "./renderer.ts";

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
