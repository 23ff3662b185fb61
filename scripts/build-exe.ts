/**
 * Builds dist/: `doppel`, one file that needs no Node on the server, and `duplicity`, a link to it. Use:
 * `npm run build:exe`, or with `-- --if-stale` only when something is newer. It is the Node that runs this script with the program
 * put into it (Node's single executable applications), so it is for this machine's system and processor.
 */
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { licencesOf } from "./exe-licences.ts";

const ROOT = join(import.meta.dirname, "..");
/** Not in a package: it would be published. */
const OUT = join(ROOT, "dist");
const STAMP = join(OUT, "build.json");
const WORKERS = ["compress-worker", "hash-worker", "source-worker", "unseal-worker", "write-worker"];
/** What decides the build besides the bundled sources. */
const ALSO_READ = ["scripts/build-exe.ts", "scripts/exe-licences.ts", "package-lock.json"];
/** Node looks for this in itself; the value is Node's. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** Some packages ask where they are, to look for files of theirs: beside the executable, where there are none. */
const HERE = `const __here = require("node:url").pathToFileURL(process.execPath).href;`;

/** One file is both programs, told apart by the name it was called by: a link keeps that, where its path does not. */
const ENTRY = `
import { basename } from "node:path";
if (basename(process.argv0).startsWith("duplicity")) import("./packages/cli/src/bin/duplicity.ts");
else import("./packages/cli/src/bin/doppel.ts");
`;

/** @throws Error of esbuild or Node, whose diagnostics were already printed */
export async function buildExecutable(): Promise<void> {
  const began = new Date();
  await mkdir(OUT, { recursive: true });
  const work = await mkdtemp(join(OUT, ".making-"));
  try {
    const inputs = new Set<string>();
    await bundle({ stdin: { contents: ENTRY, resolveDir: ROOT } }, join(work, "main.js"), inputs);
    for (const name of WORKERS) {
      await bundle({ entryPoints: [`packages/engine/src/workers/${name}.ts`] }, join(work, `${name}.js`), inputs);
    }
    await writeFile(join(OUT, "LICENCES.txt"), await licencesOf(ROOT, inputs));
    const program = join(work, "doppel");
    await makeExecutable(work, program);
    await rename(program, join(OUT, "doppel"));
    await rm(join(OUT, "duplicity"), { force: true });
    await symlink("doppel", join(OUT, "duplicity"));
    await writeFile(STAMP, JSON.stringify({ began: began.getTime(), node: process.version, inputs: [...ALSO_READ, ...inputs] }));
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Builds when there is no executable, or when something it was made from has changed since. @returns its folder */
export async function buildExecutableIfStale(): Promise<string> {
  if (await isStale()) await buildExecutable();
  return OUT;
}

/** CommonJS, because that is what the executable runs; everything in one file, because it has no others. */
async function bundle(from: object, outfile: string, inputs: Set<string>): Promise<void> {
  const { metafile } = await build({
    ...from,
    absWorkingDir: ROOT,
    outfile,
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    conditions: ["@doppel/source", "module"],
    supported: { "dynamic-import": false }, // becomes a lazy require
    define: { "import.meta.url": "__here" },
    banner: { js: HERE },
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [EMBEDDED_WORKERS],
    metafile: true,
    logLevel: "warning",
  });
  for (const path of Object.keys(metafile.inputs)) if (path !== "<stdin>") inputs.add(path);
}

const EMBEDDED_WORKERS: Plugin = {
  name: "embedded-workers",
  setup(building) {
    building.onResolve({ filter: /\/spawn\.ts$/ }, ({ resolveDir }) => ({ path: join(resolveDir, "spawn-embedded.ts") }));
  },
};

async function makeExecutable(work: string, program: string): Promise<void> {
  // Relative names: they are what stands in stack traces.
  const config = {
    main: "main.js",
    output: "program.blob",
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: Object.fromEntries(WORKERS.map((name) => [`${name}.js`, `${name}.js`])),
  };
  await writeFile(join(work, "sea.json"), JSON.stringify(config));
  await runNode(work, "--experimental-sea-config", "sea.json");
  await copyFile(process.execPath, program);
  await chmod(program, 0o755);
  const postject = fileURLToPath(import.meta.resolve("postject/dist/cli.js"));
  await runNode(work, postject, program, "NODE_SEA_BLOB", "program.blob", "--sentinel-fuse", FUSE);
}

/** Quietly: postject warns of section names that Node's executable does not have. What it says is in the error, if it fails. */
async function runNode(cwd: string, ...args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, args, { cwd });
}

async function isStale(): Promise<boolean> {
  try {
    const { began, node, inputs } = JSON.parse(await readFile(STAMP, "utf8")) as {
      began: number;
      node: string;
      inputs: readonly string[];
    };
    await stat(join(OUT, "doppel"));
    const times = await Promise.all(inputs.map(async (path) => (await stat(join(ROOT, path))).mtimeMs));
    return node !== process.version || times.some((time) => time >= began);
  } catch {
    return true; // no stamp, or a source that is gone
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await (process.argv.includes("--if-stale") ? buildExecutableIfStale() : buildExecutable());
  } catch (error) {
    console.error(`${basename(import.meta.filename)}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
