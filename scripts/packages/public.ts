/** Which packages programs of others can install, and what the package.json of each says there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
/** Where what is published is put. */
export const PUBLISHED = join(ROOT, "dist/packages");

/** Each after those that it builds upon. Of base, deflate and tree no stability is promised: they are public because the others need them. */
export const PUBLIC_PACKAGES = ["base", "deflate", "rsync", "format", "openpgp", "tree", "storage", "engine"] as const;
export type PublicPackage = (typeof PUBLIC_PACKAGES)[number];

/** A package.json of the workspace. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  /** What is published beside README and LICENSE. */
  readonly files: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

export function folderOf(name: PublicPackage): string {
  return join(ROOT, "packages", name);
}

export function manifestOf(name: PublicPackage): Manifest {
  return JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8")) as Manifest;
}

/** The package.json that is published: without the condition that leads to sources, and without what is for the workspace only. */
export function publishedManifest(manifest: Manifest): object {
  const { name, version, description, license, engines, files, dependencies } = manifest;
  return {
    name,
    version,
    description,
    license,
    type: "module",
    sideEffects: false,
    engines,
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
    files,
    ...(dependencies && Object.keys(dependencies).length > 0 && { dependencies }),
  };
}

/** File names in dist/, without their ending, to sources relative to the package: the index, and workers, which are started by file name. */
export function entryPoints(name: PublicPackage): Readonly<Record<string, string>> {
  const workers =
    name === "engine" ? readdirSync(join(folderOf(name), "src/workers")).filter((file) => file.endsWith("-worker.ts")) : [];
  return {
    index: "src/index.ts",
    ...Object.fromEntries(workers.map((file) => [file.slice(0, -".ts".length), `src/workers/${file}`])),
  };
}
