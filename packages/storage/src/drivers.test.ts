import { mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { payloadOf } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStorage } from "./drivers.ts";
import type { DriverContext } from "./storage.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "doppel-drivers-"));
});
afterEach(() => rm(cwd, { recursive: true }));

const context = (purpose: "read" | "write"): DriverContext => ({ cwd, purpose, random: { bytes: (n) => randomBytes(n) } });

describe("openStorage", () => {
  it.each(["sftp://key:secret@bucket/x", "foo://user:secret@h/", "S9://b"])(
    "refuses %s, naming the scheme and the known ones, without the rest",
    async (url) => {
      const error = (await openStorage(url, context("write")).catch((e: unknown) => e)) as Error;
      expect(error).toMatchObject({ code: "storage.unknown-scheme", data: { scheme: url.split(":")[0]!.toLowerCase() } });
      expect(error.message).toMatch(/^unknown URL scheme ".*": write a plain path or a file:\/\/ or s3:\/\/ URL$/);
      expect(String(error)).not.toContain("secret");
      expect(await readdir(cwd)).toEqual([]);
    },
  );

  it("creates the directory with its parents, but only for writing", async () => {
    await expect(openStorage("file://a/b/c", context("read"))).rejects.toMatchObject({ code: "storage.not-found" });
    expect(await readdir(cwd)).toEqual([]);
    await using storage = await openStorage("file://a/b/c", context("write"));
    await storage.put("x", payloadOf(Buffer.from("1")));
    expect(await readdir(join(cwd, "a/b/c"))).toEqual(["x"]);
    expect(storage.label).toBe("file://a/b/c");
    await using again = await openStorage(join(cwd, "a/b/c"), context("write"));
    expect((await again.stat("x"))?.size).toBe(1);
  });

  it("names a directory that is not UTF-8 by its bytes", async () => {
    await using storage = await openStorage("file://caf%E9", context("write"));
    await storage.put("x", payloadOf(Buffer.from("1")));
    expect(await readdir(cwd, { encoding: "buffer" })).toEqual([Buffer.from("caf\xe9", "latin1")]);
    const names = [];
    for await (const { name } of storage.list("")) names.push(name);
    expect(names).toEqual(["x"]);
  });

  it.each(["read", "write"] as const)("refuses a target that is a file, or lies below one (%s)", async (purpose) => {
    await writeFile(join(cwd, "f"), "");
    await expect(openStorage("f", context(purpose))).rejects.toMatchObject({ code: "storage.bad-url" });
    await expect(openStorage("f/below", context(purpose))).rejects.toMatchObject({ code: "storage.bad-url" });
    expect((await stat(join(cwd, "f"))).isFile()).toBe(true);
  });

  it("follows a symlink to the target", async () => {
    await openStorage("real", context("write"));
    await symlink("real", join(cwd, "link"));
    await using storage = await openStorage("file://link", context("read"));
    expect(await storage.stat("x")).toBeUndefined();
  });

  it("ends with an error where a parent exists but takes no directories", async () => {
    await expect(openStorage("/proc/doppel-test/target", context("write"))).rejects.toMatchObject({ code: /^storage\./ });
  });

  it("says where it may not create the target", async () => {
    await expect(openStorage("/sys/doppel-test", context("write"))).rejects.toMatchObject({ code: "storage.denied" });
  });
});
