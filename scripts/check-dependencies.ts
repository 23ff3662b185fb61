/** Part of `npm run check`: what we build with is exact, runs nothing when it is installed, and is under licences that were looked at. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dependencyViolations, type LockedPackage, type Manifest } from "./dependency-rules.ts";

const ROOT = join(import.meta.dirname, "..");

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const paths = ["package.json", ...readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}/package.json`)];
const manifests = Object.fromEntries(paths.map((path) => [path, JSON.parse(read(path)) as Manifest]));
const { packages } = JSON.parse(read("package-lock.json")) as { packages: Readonly<Record<string, LockedPackage>> };

const found = dependencyViolations(manifests, packages, read(".npmrc"));
for (const violation of found) console.error(violation);
process.exitCode = found.length === 0 ? 0 : 1;
