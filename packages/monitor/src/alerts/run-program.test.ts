import { existsSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { Hangs } from "./hangs.ts";
import { runProgram } from "./run-program.ts";

it("a program that hangs is killed with what it has started", async () => {
  const late = join(tempDir(), "late");
  const script = `(sleep 1; touch ${late}) & wait`;
  const run = runProgram(["/bin/sh", "-c", script], "x", { env: process.env, signal: new AbortController().signal, ms: 100 });
  await expect(run).rejects.toThrow(Hangs);
  await new Promise((done) => setTimeout(done, 1500));
  expect(existsSync(late)).toBe(false);
});
