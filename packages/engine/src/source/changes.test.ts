import { type PathEntry, pathFromText } from "@doppel/base";
import { OwnerNames } from "@doppel/tree";
import { describe, expect, it } from "vitest";
import { hasChanged } from "./changes.ts";

const owners = new OwnerNames(Buffer.from("daemon:x:1:1::/:/bin/sh\n"), Buffer.from("daemon:x:1:\n"));
const file: PathEntry = {
  path: pathFromText("f"),
  type: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  uname: "",
  gname: "",
  mtime: 1000,
  size: 5,
};
const link: PathEntry = { ...file, type: "symlink", linkTarget: pathFromText("a") };
const device: PathEntry = { ...file, type: "chardev", device: { major: 1, minor: 3 } };

describe("hasChanged (spec 5.1)", () => {
  it.each<[string, PathEntry, Partial<PathEntry>, boolean]>([
    ["nothing", file, {}, false],
    ["the size, which the format does not record", file, { size: 9 }, false],
    ["mode", file, { mode: 0o600 }, true],
    ["setuid", file, { mode: 0o4644 }, true],
    ["owner", file, { uid: 5 }, true],
    ["group", file, { gid: 5 }, true],
    ["time", file, { mtime: 1001 }, true],
    ["type", file, { type: "fifo" }, true],
    ["a link's target", link, { linkTarget: pathFromText("b") }, true],
    ["a link's owner, which duplicity does not look at", link, { uid: 5 }, false],
    ["a link's time", link, { mtime: 1 }, false],
    ["a device's numbers", device, { device: { major: 1, minor: 5 } }, true],
    ["a device's time", device, { mtime: 1 }, false],
    ["a folder's time", { ...file, type: "dir" }, { mtime: 1001 }, true],
  ])("%s", (_, old, change, expected) => {
    expect(hasChanged(old, { ...old, ...change }, owners)).toBe(expected);
  });

  it("looks owners up by name, as a restore would (spec 3.5)", () => {
    const old = { ...file, uname: "daemon", uid: 1234, gname: "daemon", gid: 1234 };
    expect(hasChanged(old, { ...file, uid: 1, gid: 1 }, owners)).toBe(false);
    expect(hasChanged(old, { ...file, uid: 1234, gid: 1234 }, owners)).toBe(true);
    expect(hasChanged({ ...old, uname: "unknown" }, { ...file, uid: 1234, gid: 1 }, owners)).toBe(false);
  });
});
