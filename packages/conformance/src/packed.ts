import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "@doppel/testkit";
import { expect } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const OUT = join(ROOT, "dist");

/** `doppel.mjs` and the npm package, packed anew when something they are made of is newer. */
export async function packed(): Promise<{ readonly file: string; readonly archive: string }> {
  const args = ["-C", "@doppel/source", "--import", "tsx", join(ROOT, "scripts/pack.ts"), "--if-stale"];
  const { code, stderr } = await run(process.execPath, args, { cwd: ROOT, env: process.env });
  expect(code, stderr.toString()).toBe(0);
  const archive = readdirSync(OUT).find((name) => /^doppel-.*\.tgz$/.test(name));
  return { file: join(OUT, "doppel.mjs"), archive: join(OUT, archive!) };
}
