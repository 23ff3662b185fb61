/** Who may import whom, and the other rules about sources that no linter knows. Adding to the table is a design decision. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { checkSource, type Layer, type PackageFacts } from "./layer-rules.ts";

const ROOT = join(import.meta.dirname, "..");

const LAYERS: Readonly<Record<string, Layer>> = {
  base: { doppel: [], npm: [], node: ["buffer"] },

  // These six share what is in base and never import each other.
  deflate: { doppel: ["base"], npm: [], node: ["buffer", "zlib"] },
  rsync: { doppel: ["base"], npm: ["hash-wasm"], node: ["buffer"] },
  format: { doppel: ["base"], npm: [], node: ["buffer"] },
  openpgp: { doppel: ["base"], npm: ["openpgp"], node: ["buffer", "child_process", "crypto", "stream", "zlib"] },
  tree: { doppel: ["base"], npm: [], node: ["buffer", "child_process", "fs", "path"] },
  storage: {
    doppel: ["base"],
    npm: ["@aws-sdk/client-s3", "@aws-sdk/core", "@smithy/node-http-handler", "http-proxy-agent", "https-proxy-agent"],
    node: ["buffer", "crypto", "fs", "http", "https", "net", "path", "stream", "zlib"],
  },

  engine: {
    doppel: ["base", "deflate", "format", "openpgp", "rsync", "storage", "tree"],
    npm: [],
    node: ["buffer", "crypto", "fs", "path", "stream", "worker_threads", "zlib"],
    files: {
      "src/cache/stock-lock.ts": { doppel: ["base"], npm: [], node: ["child_process", "events", "fs", "path"] },
      // Where a program's calls get the system's clock, chance and folders: the library's composition root.
      "src/api/backup-jobs.ts": { doppel: ["base", "format", "tree"], npm: [], node: ["os"] },
      "src/api/open.ts": { doppel: ["base", "format", "storage"], npm: [], node: ["os", "path"] },
      "src/api/runtime.ts": { doppel: ["base"], npm: [], node: ["crypto", "os", "timers"], edge: true },
      "src/api/target.ts": { doppel: ["base", "format", "storage", "tree"], npm: [], node: ["os"] },
      "src/api/fed-entries.ts": { doppel: ["base"], npm: [], node: ["util"] },
      "src/api/made-content.ts": { doppel: [], npm: [], node: ["util"] },
      "src/workers/spawn-embedded.ts": { doppel: [], npm: [], node: ["sea", "worker_threads"] },
      "src/workers/bootstrap.mjs": { doppel: [], npm: ["tsx"], node: ["worker_threads"], development: true },
    },
  },
  setup: {
    internals: true,
    doppel: ["base", "engine", "format", "openpgp", "storage", "tree"],
    npm: ["qrcode-generator"],
    node: ["buffer", "child_process", "crypto", "fs", "os", "path"],
  },
  monitor: {
    internals: true,
    doppel: ["base", "engine", "format", "openpgp", "storage"],
    npm: ["nodemailer", "yaml", "zod"],
    node: ["buffer", "child_process", "crypto", "fs", "http", "https", "net", "path"],
  },
  cli: {
    internals: true,
    doppel: ["base", "engine", "monitor", "setup"],
    npm: ["cli-table3", "yargs"],
    node: "any",
    edge: true,
    files: {
      "src/wire-doctor.ts": { internals: true, doppel: "any", npm: [], node: "any" },
      "src/wire.ts": { internals: true, doppel: "any", npm: [], node: "any" },
      "src/agent/check-passphrase.ts": { doppel: ["base", "format", "openpgp", "storage"], npm: [], node: [] },
      "src/s3-settings.ts": { doppel: ["base", "format", "storage"], npm: [], node: [] },
    },
  },

  testkit: {
    doppel: ["base", "format", "storage", "tree"],
    npm: ["fast-check", "vitest"],
    node: "any",
    edge: true,
    development: true,
  },
  /** Uses the library as anybody does: nothing internal. */
  examples: { doppel: ["engine", "storage"], npm: ["vitest"], node: "any", edge: true, development: true },
  conformance: { doppel: ["testkit"], npm: ["fast-check", "vitest"], node: "any", edge: true, development: true },
};

/** The scripts are no package, but are held to the same rules; npm modules are declared at the root. */
const SCRIPTS: Layer = {
  doppel: "any",
  npm: ["@arethetypeswrong/core", "@microsoft/api-extractor", "esbuild", "openpgp", "oxc-parser", "publint", "vitest"],
  node: "any",
  edge: true,
};

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const rootDependencies = Object.keys(readPackageJson("package.json").devDependencies ?? {});
let violations = 0;
for (const name of readdirSync(join(ROOT, "packages"))) {
  const folder = `packages/${name}`;
  const layer = LAYERS[name];
  if (layer === undefined) {
    report(`${folder}/package.json:1`, "this package has no row in the table of scripts/check-layers.ts");
    continue;
  }
  const { dependencies = {}, devDependencies = {} } = readPackageJson(`${folder}/package.json`);
  const declared = {
    dependencies: Object.keys(dependencies),
    devDependencies: [...Object.keys(devDependencies), ...rootDependencies],
  };
  checkFolder(folder, { name, layer, ...declared });
}
const workspace = Object.keys(LAYERS).map((name) => `@doppel/${name}`);
checkFolder("scripts", {
  name: "scripts",
  layer: SCRIPTS,
  dependencies: [...rootDependencies, ...workspace],
  devDependencies: [],
});
process.exitCode = violations === 0 ? 0 : 1;

/** Checks every source file of a package (its folder), reporting what it finds; AssemblyScript is another language. */
function checkFolder(folder: string, facts: PackageFacts): void {
  for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
    const path = relative(ROOT, join(entry.parentPath, entry.name));
    if (!entry.isFile() || !/\.(ts|js|mjs)$/.test(path) || /(^|\/)(node_modules|dist|assembly)\//.test(path)) continue;
    const file = { path: relative(folder, path), text: readFileSync(join(ROOT, path), "utf8") };
    for (const { line, message } of checkSource(file, facts)) report(`${path}:${line}`, message);
  }
}

function report(where: string, message: string): void {
  violations++;
  console.log(`${where}: ${message}`);
}

function readPackageJson(path: string): PackageJson {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8")) as PackageJson;
}
