import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeInterop, openTempDir, run, withUmask } from "@doppel/testkit";
import { expect, it } from "vitest";
import { done } from "../src/program.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** What no build reads: builds, what tests and measurements keep, and their inputs. */
const LEFT_OUT = new Set([".git", "dist", ".bench", ".cache", ".vite", ".vitest", "fixtures"]);

/** A checkout with its packages, as `git clone` and `npm ci` would make it there. */
function checkout(at: string, changed: Date): string {
  const copy = (from: string, to: string): void => {
    mkdirSync(to, { recursive: true });
    // In another order: what a folder lists first is chance.
    for (const entry of readdirSync(from, { withFileTypes: true }).toReversed()) {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (
        LEFT_OUT.has(entry.name) &&
        (from === ROOT || dirname(from) === join(ROOT, "packages") || from.endsWith("node_modules"))
      )
        continue;
      if (entry.isDirectory()) copy(source, target);
      else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
      else if (from.includes("node_modules")) place(source, target);
      else {
        copyFileSync(source, target);
        utimesSync(target, changed, changed);
      }
    }
  };
  copy(ROOT, at);
  return at;
}

/** Packages are large, and nobody changes them: where that is possible they are not copied. */
function place(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

interface Surroundings {
  readonly umask: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Builds and packs there. @returns digests of all that people install, and of all that was built, by name */
async function packedIn(folder: string, { umask, env }: Surroundings): Promise<Readonly<Record<string, string>>> {
  const args = ["-C", "@doppel/source", "--import", "tsx", "scripts/pack.ts"];
  await withUmask(umask, () => done(run(process.execPath, args, { cwd: folder, env: { PATH: process.env["PATH"], ...env } })));
  const files = ["dist", "packages/cli/dist"].flatMap((of) =>
    readdirSync(join(folder, of), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
  return Object.fromEntries(files.map((path) => [path.slice(folder.length + 1), digest(path)]));
}

describeInterop(["npm"], "what people install", () => {
  it("is the same to the last byte, whoever builds it, where and when", async () => {
    using dir = openTempDir();
    const one = checkout(join(dir.path, "one"), new Date("2020-02-29T23:59:59Z"));
    const other = checkout(join(dir.path, "another place", "with ü", "deeper"), new Date());
    const first = await packedIn(one, { umask: 0o022, env: { HOME: dir.path, TZ: "UTC", LC_ALL: "C" } });
    const second = await packedIn(other, {
      umask: 0o077,
      env: {
        HOME: other,
        TZ: "Pacific/Apia",
        LANG: "tr_TR.UTF-8",
        LC_ALL: "tr_TR.UTF-8",
        TMPDIR: other,
        USER: "somebody",
        SOURCE_DATE_EPOCH: "1",
      },
    });
    expect(Object.keys(first)).toEqual(
      expect.arrayContaining(["dist/doppel.mjs", "dist/doppel.mjs.LICENCES.txt", "packages/cli/dist/doppel.js"]),
    );
    expect(Object.keys(first).some((name) => name.endsWith(".tgz"))).toBe(true);
    expect(second).toEqual(first);
    expect(existsSync(join(one, "dist"))).toBe(true);
  });
});
