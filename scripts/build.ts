/**
 * Bundles the program into packages/cli/dist. Use: `npm run build`, or with `-- --if-stale` only when a source is newer.
 * Everything is bundled except `openpgp`, which stays an ordinary dependency because of its licence (LGPL); imports that the
 * sources make lazily become chunks of their own, so `--version` loads almost nothing.
 */
import { execFileSync } from "node:child_process";
import { build } from "esbuild";
import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = join(import.meta.dirname, "..");
export const OUT = join(ROOT, "packages/cli/dist");
/** What the last build read; its modification time is when that build began. Written last: without it there is no build. */
export const STAMP = join(OUT, "build.json");

/** Output name in dist to source. Workers are entry points because they are started by file name, not imported. */
const ENTRY_POINTS = {
  doppel: "packages/cli/src/bin/doppel.ts",
  duplicity: "packages/cli/src/bin/duplicity.ts",
  "compress-worker": "packages/engine/src/workers/compress-worker.ts",
  "hash-worker": "packages/engine/src/workers/hash-worker.ts",
  "source-worker": "packages/engine/src/workers/source-worker.ts",
  "unseal-worker": "packages/engine/src/workers/unseal-worker.ts",
  "write-worker": "packages/engine/src/workers/write-worker.ts",
};

/** Writes the manual pages into the folder it is given. */
const MANUAL = "packages/cli/src/bin/manual.ts";

/** What decides the build besides the bundled sources. */
const ALSO_READ = ["scripts/build.ts", "package-lock.json"];

/** CommonJS dependencies call `require` for Node's own modules, which an ES module does not have. */
export const REQUIRE_BANNER = `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`;

/**
 * Builds into packages/cli/dist, replacing what was there.
 * @throws Error of esbuild, whose diagnostics were already printed.
 */
export async function buildProgram(): Promise<void> {
  const began = new Date();
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(ENTRY_POINTS).map(([out, path]) => ({ in: path, out })),
    outdir: OUT,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@doppel/source", "module"],
    external: ["openpgp"],
    banner: { js: REQUIRE_BANNER },
    sourcemap: "linked",
    chunkNames: "[name]-[hash]", // beside the workers: sources find them by `new URL("./x.js", import.meta.url)`
    metafile: true,
    logLevel: "warning",
  });
  await removeExcept(new Set(Object.keys(result.metafile.outputs).map((path) => join(ROOT, path))));
  const manualInputs = await makeManual(join(OUT, "man"));
  const inputs = new Set([...ALSO_READ, ...Object.keys(result.metafile.inputs), ...manualInputs]);
  await writeFile(STAMP, JSON.stringify({ inputs: [...inputs] }));
  await utimes(STAMP, began, began);
}

/** Makes the manual pages from the same sources, without leaving their program in the build. Resolves to what it was made from. */
async function makeManual(folder: string): Promise<readonly string[]> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [MANUAL],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@doppel/source", "module"],
    metafile: true,
    logLevel: "warning",
  });
  execFileSync(process.execPath, ["--input-type=module", "-", folder], { input: outputFiles[0]!.contents });
  return Object.keys(metafile.inputs);
}

/** Builds when there is no build, or when something it was made from has changed since. */
export async function buildIfStale(): Promise<void> {
  if (await isStale()) await buildProgram();
}

async function isStale(): Promise<boolean> {
  try {
    const built = (await stat(STAMP)).mtimeMs;
    const { inputs } = JSON.parse(await readFile(STAMP, "utf8")) as { inputs: readonly string[] };
    const times = await Promise.all(inputs.map(async (path) => (await stat(join(ROOT, path))).mtimeMs));
    return times.some((time) => time >= built);
  } catch {
    return true; // no stamp, or a source that is gone
  }
}

/** Chunks are named by content: without this, those of earlier builds would pile up. */
async function removeExcept(outputs: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(OUT, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !outputs.has(path)) await rm(path);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await (process.argv.includes("--if-stale") ? buildIfStale() : buildProgram());
  } catch (error) {
    console.error(`${basename(import.meta.filename)}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
