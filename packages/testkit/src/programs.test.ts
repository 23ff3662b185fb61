import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reference } from "./programs.ts";
import { run } from "./run.ts";
import { tempDir } from "./temp-dir.ts";

describe("run", () => {
  it("gives code and both outputs as bytes, and feeds the input", async () => {
    const { code, stdout, stderr } = await run("sh", ["-c", "cat; printf '\\377' >&2; exit 3"], {
      input: Buffer.from([0, 0xfe]),
    });
    expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: Buffer.from([0, 0xfe]), stderr: Buffer.from([0xff]) });
  });

  it("uses the environment and directory that it is given, and no more", async () => {
    const cwd = tempDir();
    const { stdout } = await run("/bin/sh", ["-c", 'echo "$A-$HOME"; pwd'], { env: { A: "1" }, cwd });
    expect(stdout.toString()).toBe(`1-\n${cwd}\n`);
  });

  it("does not mind a program that does not read", async () => {
    expect((await run("true", [], { input: Buffer.alloc(1_000_000) })).code).toBe(0);
  });

  it("tells a signal as a shell does, and a program that is not there", async () => {
    expect((await run("sh", ["-c", "kill -9 $$"])).code).toBe(137);
    await expect(run("/no/such/program", [])).rejects.toThrow("ENOENT");
  });

  it("ends what runs too long, with its children", async () => {
    const mark = join(tempDir(), "mark");
    await expect(run("sh", ["-c", `(sleep 600; touch ${mark}) & sleep 600`], { timeoutMs: 100 })).rejects.toThrow(
      "longer than 100 ms",
    );
    expect(existsSync(mark)).toBe(false);
  });
});

describe("reference", () => {
  it("finds a program with its version, and not what is not there", () => {
    expect(reference("node")).toMatchObject({ path: expect.stringMatching(/^\/.*\/node$/), version: process.version });
    expect(reference("no-such-program")).toBeUndefined();
  });
});
