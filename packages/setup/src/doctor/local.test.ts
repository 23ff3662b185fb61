import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BytePath, pathFromText } from "@doppel/base";
import { openTempDir, testKey } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { folderAppendOnly } from "./folder-canary.ts";
import { secretKeyFiles } from "./secret-key-files.ts";
import { space } from "./space.ts";
import { contextWith } from "./testing/context.ts";

const NOW = new Date("2026-03-01T12:00:00Z");

describe("a local folder", () => {
  it("is left as it was", async () => {
    using dir = openTempDir();
    writeFileSync(join(dir.path, "duplicity-full.vol1"), "backup");
    const target = { label: dir.path, list: async () => 1, folder: pathFromText(dir.path) };
    const findings = await folderAppendOnly(contextWith({ target }));
    expect(findings.map(({ id, level }) => `${id} ${level}`)).toEqual([
      "append-only:store pass",
      "append-only:delete warn",
      "clock fail",
    ]);
    expect(readdirSync(dir.path)).toEqual(["duplicity-full.vol1"]);
    expect(readFileSync(join(dir.path, "duplicity-full.vol1"), "utf8")).toBe("backup");
  });

  it("that is not there, or may not be written to, is said to be so", async () => {
    const at = async (folder: string, isServer: boolean) => {
      const target = { label: folder, list: async () => 1, folder: folder as BytePath };
      return (await folderAppendOnly(contextWith({ target, isServer }))).map(({ id, level }) => `${id} ${level}`);
    };
    expect(await at("/nonexistent", true)).toEqual(["append-only skipped"]);
    const file = "/etc/passwd/below"; // in a file there is nothing to make
    expect(await at(file, true)).toEqual(["append-only:store fail"]);
    expect(await at(file, false)).toEqual(["append-only:store warn"]);
  });
});

describe("secret keys in files", () => {
  it("are found under any name, of these keys only", async () => {
    using dir = openTempDir();
    const [rsa, second] = [testKey("rsa"), testKey("second")];
    mkdirSync(join(dir.path, "folder"));
    writeFileSync(join(dir.path, "notes.txt"), readFileSync(rsa.secretFile));
    writeFileSync(join(dir.path, "other"), readFileSync(second.secretFile));
    writeFileSync(join(dir.path, "public"), readFileSync(rsa.publicFile));
    writeFileSync(join(dir.path, "torn"), readFileSync(rsa.secretFile).subarray(0, 200));
    const found = await secretKeyFiles([dir.path, "/nonexistent"], [rsa.fingerprint], NOW);
    expect(found).toEqual([{ path: join(dir.path, "notes.txt"), fingerprint: rsa.fingerprint }]);
  });
});

describe("room", () => {
  it("for a volume, and for the archive directory's first backup", async () => {
    using dir = openTempDir();
    const context = contextWith({});
    const of = async (volumeBytes: number, archiveDir: string) =>
      (await space({ ...context, machine: { ...context.machine, volumeBytes, archiveDir, tempDir: () => dir.path } })).map(
        ({ level }) => level,
      );
    expect(await of(1, join(dir.path, "not/there/yet"))).toEqual(["pass", "pass"]);
    expect(await of(2 ** 60, dir.path)).toEqual(["fail", "pass"]);
    writeFileSync(join(dir.path, "file"), "");
    expect((await of(1, join(dir.path, "file/below")))[1]).toBe("fail");
  });
});
