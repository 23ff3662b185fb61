/**
 * Makes what people install, in dist/: `doppel-VERSION.tgz` for `npm install -g`, and `doppel.mjs`, the whole program in one file
 * for `node doppel.mjs`. Neither needs a registry or a compiler, only Node. Use: `npm run pack`, or with `-- --if-stale` only when
 * something is newer.
 */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { buildIfStale, OUT as BUILT, REQUIRE_BANNER, STAMP } from "./build.ts";
import { licencesOf } from "./exe-licences.ts";
import { npmPack } from "./npm-pack.ts";

const ROOT = join(import.meta.dirname, "..");
const OUT = join(ROOT, "dist");
const CLI = join(ROOT, "packages/cli");
const WORKERS = ["compress-worker", "hash-worker", "source-worker", "unseal-worker", "write-worker"];
/** What decides the result besides what the build reads. */
const ALSO_READ = [
  "scripts/pack.ts",
  "scripts/npm-pack.ts",
  "scripts/exe-licences.ts",
  "packages/cli/package.json",
  "README.md",
  "SECURITY.md",
];

/** What people read, where it is here, so that links lead from one to the other. */
const DOCUMENTS = [
  "README.md",
  "SECURITY.md",
  "docs",
  "packages/monitor/PROFILES.md",
  "packages/format/FORMAT.md",
  "packages/storage/policies",
];

/**
 * OpenPGP.js is not bundled into the package but comes with it as it is, as a bundled dependency: its licence (LGPL) wants it to be
 * exchangeable, and npm asks no registry for what is bundled. These files of it are all that Node reads.
 */
const OPENPGP = ["package.json", "LICENSE", "README.md", "dist/node/openpgp.mjs", "dist/node/openpgp.min.cjs"];

/** @throws Error of esbuild or npm */
export async function pack(): Promise<void> {
  await buildIfStale();
  await mkdir(OUT, { recursive: true });
  const work = await mkdtemp(join(OUT, ".packing-"));
  try {
    await makePackage(work);
    await makeFile(work);
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Packs when a result is missing, or older than what it is made from. @returns their folder */
export async function packIfStale(): Promise<string> {
  if (await isStale()) await pack();
  return OUT;
}

type Manifest = Readonly<Record<string, unknown>> & { readonly version: string };

async function makePackage(work: string): Promise<void> {
  const folder = join(work, "package");
  await mkdir(folder);
  await cp(join(CLI, "bin"), join(folder, "bin"), { recursive: true });
  await cp(BUILT, join(folder, "dist"), { recursive: true, filter: (path) => !path.endsWith(".map") && path !== STAMP });
  for (const document of DOCUMENTS) await cp(join(ROOT, document), join(folder, document), { recursive: true });
  await cp(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  const { inputs } = JSON.parse(await readFile(STAMP, "utf8")) as { inputs: readonly string[] };
  await writeFile(
    join(folder, "LICENCES.txt"),
    await licencesOf(ROOT, [...inputs, "node_modules/openpgp/package.json"], "package"),
  );
  for (const file of OPENPGP) await cp(join(ROOT, "node_modules/openpgp", file), join(folder, "node_modules/openpgp", file));
  const manifest = JSON.parse(await readFile(join(CLI, "package.json"), "utf8")) as Manifest;
  await writeFile(join(folder, "package.json"), `${JSON.stringify(await cleaned(manifest), undefined, 2)}\n`);
  const name = `doppel-${manifest.version}.tgz`;
  await npmPack(folder, work);
  await rename(join(work, name), join(OUT, name));
}

/** What the package says of itself: all of doppel's own packages are in its program. */
async function cleaned({ version, engines, bin, man }: Manifest): Promise<object> {
  const openpgp = JSON.parse(await readFile(join(ROOT, "node_modules/openpgp/package.json"), "utf8")) as Manifest;
  return {
    name: "doppel",
    version,
    description: "Encrypted backups in duplicity's format",
    license: "MIT",
    type: "module",
    engines,
    bin,
    man,
    files: ["bin", "dist", "docs", "packages", "LICENCES.txt", "SECURITY.md"],
    dependencies: { openpgp: openpgp.version },
    bundleDependencies: ["openpgp"],
  };
}

/** One file is both programs, told apart by the name it was called by, which a link keeps. */
const ENTRY = `
import { basename } from "node:path";
if (basename(process.argv[1]).startsWith("duplicity")) await import("./packages/cli/src/bin/duplicity.ts");
else await import("./packages/cli/src/bin/doppel.ts");
`;

const BANNER = `#!/usr/bin/env node
// doppel (MIT licence), the whole program. It contains OpenPGP.js (LGPL 3) and other packages under their own licences, whose texts
// are in doppel.mjs.LICENCES.txt, with how to use another version of OpenPGP.js.
${REQUIRE_BANNER}`;

async function makeFile(work: string): Promise<void> {
  const inputs = new Set<string>();
  const workers = await Promise.all(WORKERS.map(async (name) => [name, await workerSource(name, inputs)] as const));
  const outfile = join(work, "doppel.mjs");
  const { metafile } = await build({
    ...SETTINGS,
    stdin: { contents: ENTRY, resolveDir: ROOT },
    outfile,
    format: "esm",
    banner: { js: BANNER },
    plugins: [inlinedWorkers(Object.fromEntries(workers))],
  });
  for (const path of Object.keys(metafile.inputs)) inputs.add(path);
  await writeFile(join(OUT, "doppel.mjs.LICENCES.txt"), await licencesOf(ROOT, inputs, "file"));
  await chmod(outfile, 0o755);
  await rename(outfile, join(OUT, "doppel.mjs"));
}

const SETTINGS: BuildOptions & { readonly metafile: true } = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  target: "node20",
  conditions: ["@doppel/source", "module"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "eof",
  metafile: true,
  logLevel: "warning",
};

/** As CommonJS, which is what a worker evaluates. */
async function workerSource(name: string, inputs: Set<string>): Promise<string> {
  const { outputFiles, metafile } = await build({
    ...SETTINGS,
    entryPoints: [`packages/engine/src/workers/${name}.ts`],
    write: false,
    format: "cjs",
    supported: { "dynamic-import": false }, // becomes a lazy require
    define: { "import.meta.url": "__here" },
    banner: { js: `const __here = require("node:url").pathToFileURL(process.execPath).href;` },
  });
  for (const path of Object.keys(metafile.inputs)) inputs.add(path);
  return outputFiles[0]!.text;
}

/** The workers' programs as strings in the place of files, which one file does not have beside it. */
function inlinedWorkers(sources: Readonly<Record<string, string>>): Plugin {
  const contents = `
import { Worker } from "node:worker_threads";
import { LIMITS } from "./names.ts";
const SOURCES = ${JSON.stringify(sources)};
export function spawnWorker(name, data) {
  return new Worker(SOURCES[name], { eval: true, workerData: data, resourceLimits: LIMITS[name] });
}
`;
  return {
    name: "inlined-workers",
    setup(building) {
      building.onLoad({ filter: /\/workers\/spawn\.ts$/ }, () => ({ contents, loader: "ts" }));
    },
  };
}

async function isStale(): Promise<boolean> {
  try {
    const { version } = JSON.parse(await readFile(join(CLI, "package.json"), "utf8")) as Manifest;
    const { inputs } = JSON.parse(await readFile(STAMP, "utf8")) as { inputs: readonly string[] };
    const made = await Promise.all([`doppel-${version}.tgz`, "doppel.mjs"].map((name) => modified(join(OUT, name))));
    const read = await Promise.all([...ALSO_READ, ...inputs].map((path) => modified(join(ROOT, path))));
    const bins = await readdir(join(CLI, "bin"));
    const newest = Math.max(...read, ...(await Promise.all(bins.map((name) => modified(join(CLI, "bin", name))))));
    return made.some((time) => time <= newest);
  } catch {
    return true; // something is not there
  }
}

async function modified(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await (process.argv.includes("--if-stale") ? packIfStale() : pack());
  } catch (error) {
    console.error(`${basename(import.meta.filename)}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
