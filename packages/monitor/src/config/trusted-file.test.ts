import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot, openTempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { readPrivate, readTrusted } from "./trusted-file.ts";

const ME = process.geteuid?.();

function file(mode: number): { readonly path: string; readonly folder: string } & Disposable {
  const dir = openTempDir();
  const folder = join(dir.path, "folder");
  mkdirSync(folder, { mode: 0o755 });
  const path = join(folder, "file");
  writeFileSync(path, "content");
  chmodSync(path, mode);
  return { path, folder, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

describe("a file that only its owner can have written", () => {
  it.each([0o600, 0o644, 0o400, 0o755])("of mode %o is read", async (mode) => {
    using made = file(mode);
    expect((await readTrusted(ME)(made.path)).toString()).toBe("content");
  });

  it.each([0o620, 0o666, 0o602])("of mode %o is refused", async (mode) => {
    using made = file(mode);
    await expect(readTrusted(ME)(made.path)).rejects.toMatchObject({ code: "profiles.bad", data: { file: made.path } });
  });

  it("is refused in a folder where others may put another, also when a link leads there; not with the sticky bit", async () => {
    using made = file(0o600);
    using other = file(0o600);
    symlinkSync(made.path, join(other.folder, "link"));
    chmodSync(made.folder, 0o777);
    await expect(readTrusted(ME)(made.path)).rejects.toThrow("chmod go-w");
    await expect(readTrusted(ME)(join(other.folder, "link"))).rejects.toThrow("chmod go-w");
    chmodSync(made.folder, 0o1777);
    expect((await readTrusted(ME)(made.path)).toString()).toBe("content");
  });

  it.skipIf(!isRoot)("is refused when it belongs to somebody else", async () => {
    using made = file(0o600);
    chownSync(made.path, 4711, 4711);
    await expect(readTrusted(ME)(made.path)).rejects.toThrow("belongs to somebody else");
    await expect(readPrivate(ME)(made.path)).rejects.toThrow("belongs to somebody else");
    expect((await readPrivate(4711)(made.path)).toString()).toBe("content");
  });
});

describe("a file with a secret in it", () => {
  it.each([0o600, 0o400])("of mode %o is read", async (mode) => {
    using made = file(mode);
    expect((await readPrivate(ME)(made.path)).toString()).toBe("content");
  });

  it.each([0o604, 0o644, 0o660])("of mode %o is refused", async (mode) => {
    using made = file(mode);
    await expect(readPrivate(ME)(made.path)).rejects.toThrow("chmod 600");
  });

  it.skipIf(!isRoot)(
    "may be what systemd hands out: root's, with an access list whose mask looks like rights of a group",
    async () => {
      using made = file(0o440);
      expect((await readPrivate(4711)(made.path)).toString()).toBe("content");
      chownSync(made.path, 0, 4711);
      await expect(readPrivate(4711)(made.path)).rejects.toThrow("chmod 600");
    },
  );
});
