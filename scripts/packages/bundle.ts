/** The JavaScript of a package: a few files in dist/, with source maps that hold the sources. */
import { build } from "esbuild";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { entryPoints, folderOf, type PublicPackage } from "./public.ts";

/**
 * Bundles what the package consists of, and nothing of others. What is imported lazily, or by several threads, becomes a file of its own
 * beside the index, because workers are found by `new URL("./x.js", import.meta.url)`.
 */
export async function bundle(name: PublicPackage): Promise<void> {
  const folder = folderOf(name);
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: { ...entryPoints(name) },
    outdir: "dist",
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    sourcemap: "linked",
    chunkNames: "[name]-[hash]",
    metafile: true,
    logLevel: "warning",
  });
  await removeOthers(folder, new Set(Object.keys(metafile.outputs).map((path) => join(folder, path))));
}

/** Chunks are named by content: without this, those of earlier builds would pile up. */
async function removeOthers(folder: string, outputs: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(join(folder, "dist"))) {
    const path = join(folder, "dist", name);
    if (/\.js(\.map)?$/.test(name) && !outputs.has(path)) await rm(path);
  }
}
