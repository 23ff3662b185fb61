/**
 * Part of `npm run check`: what is published is as npm and TypeScript want it (publint, arethetypeswrong), and its API is that which is
 * kept in the repository.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { problemAffectsResolutionKind } from "@arethetypeswrong/core/problems";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { buildPackagesIfStale } from "./build-packages.ts";
import { apiReport } from "./packages/declarations.ts";
import { PUBLIC_PACKAGES, type PublicPackage } from "./packages/public.ts";
import { tarballOf } from "./packages/tarball.ts";

/** How a program of today finds a package: from ES modules, or by a bundler. The packages are ES modules, which `require` takes from Node 20.19 on. */
const RESOLUTIONS = ["node16-esm", "bundler"] as const;

try {
  await buildPackagesIfStale();
  const found = (await Promise.all(PUBLIC_PACKAGES.map(problemsOf))).flat();
  for (const problem of found) console.error(problem);
  process.exitCode = found.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`${basename(import.meta.filename)}: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function problemsOf(name: PublicPackage): Promise<readonly string[]> {
  const tarball = await readFile(tarballOf(name));
  return [...(await apiProblems(name)), ...(await publintProblems(name, tarball)), ...(await typeProblems(name, tarball))];
}

async function apiProblems(name: PublicPackage): Promise<readonly string[]> {
  const { made, kept } = apiReport(name);
  const [now, before] = await Promise.all([readFile(made, "utf8"), readFile(kept, "utf8").catch(() => "")]);
  if (now === before) return [];
  const lines = new Set(before.split("\n"));
  const added = now.split("\n").filter((line) => !lines.has(line));
  const shown = added.slice(0, 5).map((line) => `    ${line.trim()}`);
  return [
    `packages/${name}/${basename(kept)}: the API is another; if it is meant to be, run \`npm run api\` and commit that`,
    ...shown,
  ];
}

async function publintProblems(name: PublicPackage, tarball: Buffer): Promise<readonly string[]> {
  const data = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.length) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball: data }, strict: true });
  return messages.map((message) => `${name}: publint: ${formatMessage(message, pkg!, { color: false })}`);
}

async function typeProblems(name: PublicPackage, tarball: Buffer): Promise<readonly string[]> {
  const result = await checkPackage(createPackageFromTarballData(tarball));
  if (!result.types) return [`${name}: arethetypeswrong: it has no types`];
  return result.problems
    .filter((problem) => RESOLUTIONS.some((resolution) => problemAffectsResolutionKind(problem, resolution, result)))
    .map((problem) => `${name}: arethetypeswrong: ${JSON.stringify(problem)}`);
}
