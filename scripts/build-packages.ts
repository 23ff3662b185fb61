/**
 * Builds the packages that programs of others install: `dist/` of each, and their archives in dist/packages. Use:
 * `npm run build:packages`, or with `-- --if-stale` only when something they are made of is newer.
 */
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./packages/bundle.ts";
import { apiReport, declare, rollUp } from "./packages/declarations.ts";
import { folderOf, PUBLIC_PACKAGES, PUBLISHED, ROOT } from "./packages/public.ts";
import { makeTarball, tarballOf } from "./packages/tarball.ts";

/** Its modification time is when the last build began; without it there is none. */
const STAMP = join(PUBLISHED, "built");

/** What decides the result besides the packages. */
const ALSO_READ = [
  "scripts/build-packages.ts",
  "scripts/npm-pack.ts",
  "scripts/packages/bundle.ts",
  "scripts/packages/declarations.ts",
  "scripts/packages/public.ts",
  "scripts/packages/tarball.ts",
  "tsconfig.json",
  "tsconfig.declarations.json",
  "package-lock.json",
  "LICENSE",
];

/** In a package: what is built, what is made of that, and what is not published. */
const NOT_READ = /\/dist\/|\.(test|interop|fuzz|soak)\.ts$|\/testing\/|\.api\.md$|\/NOTES\.md$/;

/** Builds all of them. @throws Error with what a tool says */
export async function buildPackages(): Promise<void> {
  const began = new Date();
  await rm(STAMP, { force: true });
  await rm(join(ROOT, "dist/declarations"), { recursive: true, force: true });
  await mkdir(join(PUBLISHED, "api/temp"), { recursive: true });
  const work = await mkdtemp(join(PUBLISHED, ".packing-"));
  try {
    await declare();
    const problems: string[] = [];
    for (const name of PUBLIC_PACKAGES) {
      await bundle(name);
      problems.push(...rollUp(name));
      await makeTarball(name, work);
    }
    if (problems.length > 0) throw new Error(`the declarations cannot be published:\n${problems.join("\n")}`);
  } finally {
    await rm(work, { recursive: true });
  }
  await writeFile(STAMP, "");
  await utimes(STAMP, began, began);
}

/** Builds them when a result is missing, or something is newer than the last build. */
export async function buildPackagesIfStale(): Promise<void> {
  if (await isStale()) await buildPackages();
}

async function isStale(): Promise<boolean> {
  try {
    const built = await modified(STAMP);
    for (const name of PUBLIC_PACKAGES) {
      await Promise.all([tarballOf(name), apiReport(name).made].map(modified));
      if (await isNewer(folderOf(name), built)) return true;
    }
    const times = await Promise.all(ALSO_READ.map((path) => modified(join(ROOT, path))));
    return times.some((time) => time >= built);
  } catch {
    return true; // a result is not there
  }
}

/** Whether anything of a package is newer. */
async function isNewer(folder: string, built: number): Promise<boolean> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !NOT_READ.test(path) && (await modified(path)) >= built) return true;
  }
  return false;
}

async function modified(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await (process.argv.includes("--if-stale") ? buildPackagesIfStale() : buildPackages());
  } catch (error) {
    console.error(`${basename(import.meta.filename)}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
