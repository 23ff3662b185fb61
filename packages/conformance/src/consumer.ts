import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openTempDir, type RunResult, run } from "@doppel/testkit";
import { cleanEnv, done } from "./program.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PUBLISHED = join(ROOT, "dist/packages");

/** A project of somebody else's, outside of the workspace, with the published packages as npm installs them. */
export interface Consumer extends Disposable {
  readonly path: string;
  /** Names of the packages, without the scope. */
  readonly packages: readonly string[];
  /** Runs Node there, to its end. */
  node(...args: readonly string[]): Promise<RunResult>;
  /** Compiles there; must succeed. `version`: of today, or the one before, which most have. */
  compile(version: "new" | "old", options: object, files: readonly string[]): Promise<void>;
}

/** Packs the packages anew when they are stale, and installs the archives. The packages of others are the workspace's, so that no registry is asked. */
export async function makeConsumer(): Promise<Consumer> {
  const build = ["-C", "@doppel/source", "--import", "tsx", join(ROOT, "scripts/build-packages.ts"), "--if-stale"];
  await done(run(process.execPath, build, { cwd: ROOT, env: process.env }));
  const dir = openTempDir();
  const archives = readdirSync(PUBLISHED).filter((name) => name.endsWith(".tgz"));
  const packages = archives.map((name) => /^doppel-(.+)-\d/.exec(name)![1]!);
  const types = `@types/node`;
  const manifest = { name: "consumer", version: "1.0.0", type: "module", devDependencies: { [types]: lockedVersion(types) } };
  writeFileSync(join(dir.path, "package.json"), JSON.stringify(manifest));
  for (const path of foreignPackages([...packages.flatMap(dependenciesOf), types])) place(path, dir.path);
  const env = cleanEnv({ HOME: dir.path });
  const offline = ["--offline", "--registry", "http://127.0.0.1:9", "--cache", join(dir.path, "npm-cache"), "--no-audit"];
  const files = archives.map((name) => join(PUBLISHED, name));
  await done(run("npm", ["install", ...offline, "--ignore-scripts", ...files], { cwd: dir.path, env }));
  let projects = 0;
  return {
    path: dir.path,
    packages,
    node: (...args) => run(process.execPath, args, { cwd: dir.path, env }),
    async compile(version, options, sources) {
      const compiler = createRequire(join(ROOT, version === "new" ? "package.json" : "scripts/typedoc/package.json"));
      const bin = join(dirname(compiler.resolve("typescript/package.json")), "bin/tsc");
      const project = join(dir.path, `tsconfig-${++projects}.json`);
      writeFileSync(project, JSON.stringify({ compilerOptions: options, files: sources }));
      await done(run(process.execPath, [bin, "-p", project], { cwd: dir.path, env }));
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

interface Locked {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const LOCKED = (JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> })
  .packages;

function lockedVersion(name: string): string {
  return LOCKED[`node_modules/${name}`]!.version!;
}

function dependenciesOf(name: string): readonly string[] {
  const names = Object.keys(LOCKED[`packages/${name}`]!.dependencies ?? {});
  return names.filter((dependency) => !dependency.startsWith("@doppel/"));
}

/** Where these and what they need lie in the workspace, as its lockfile says. What lies in the folder of another goes with that. */
function foreignPackages(names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string, from: string): void => {
    const path = [`${from}/node_modules/${name}`, `node_modules/${name}`].find((at) => at in LOCKED);
    if (path === undefined || found.has(path)) return; // optional, and not for this platform
    found.add(path);
    for (const dependency of Object.keys(LOCKED[path]!.dependencies ?? {})) add(dependency, path);
  };
  for (const name of names) add(name, "");
  return found;
}

/** Puts a package of others into the project, by links where that is possible: nobody changes it. */
function place(path: string, project: string): void {
  for (const entry of readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(project, from.slice(ROOT.length));
    mkdirSync(dirname(to), { recursive: true });
    try {
      linkSync(from, to);
    } catch {
      cpSync(from, to);
    }
  }
}
