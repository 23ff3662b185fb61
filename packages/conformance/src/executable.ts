import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, type RunResult } from "@doppel/testkit";
import { expect } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** `doppel` and `duplicity` as one executable. */
export const EXECUTABLES = join(ROOT, "dist");

/** Builds the single executable when something it is made of is newer, which takes about ten seconds. Two at once do no harm. */
export async function buildExecutable(): Promise<void> {
  const script = join(ROOT, "scripts/build-exe.ts");
  const args = ["-C", "@doppel/source", "--import", "tsx", script, "--if-stale"];
  const { code, stderr } = await run(process.execPath, args, { cwd: ROOT, env: process.env });
  expect(code, stderr.toString()).toBe(0);
}

/** Runs it in an environment that has nothing: no Node, no PATH, no home. */
export function executable(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return run(program, args, { env });
}
