/**
 * Completes package-lock.json with the builds for other platforms (optional dependencies such as `@oxlint/binding-win32-x64-msvc`)
 * that npm left out because the registry in use did not have them: `npm ci` refuses a lock without them, everywhere.
 * Use after `npm install`: `node --import tsx scripts/complete-lock.ts`; with `--check` it only reports.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LOCK = join(import.meta.dirname, "../package-lock.json");

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(LOCK, "utf8")) as { packages: Record<string, LockedPackage> };
const missing = missingBuilds(lock.packages);
if (missing.size > 0 && process.argv.includes("--check")) {
  console.error(`package-lock.json lacks ${[...missing.keys()].join(", ")}: run \`node --import tsx scripts/complete-lock.ts\``);
  process.exitCode = 1;
} else if (missing.size > 0) {
  const all = [...Object.entries(lock.packages), ...missing];
  lock.packages = Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, "en"))); // npm's order
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: added ${missing.size} builds for other platforms`);
}

function missingBuilds(packages: Readonly<Record<string, LockedPackage>>): ReadonlyMap<string, LockedPackage> {
  const found = new Map<string, LockedPackage>();
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (isLocked(name, path, packages)) continue;
      if (!/^\d+\.\d+\.\d+$/.test(version))
        throw new Error(`${path} wants ${name} ${version}, which only a registry can resolve`);
      const { cpu, libc, os } = platformOf(name);
      // In npm's order, so that npm leaves it as it is.
      found.set(`node_modules/${name}`, { version, cpu, ...(dev && { dev }), ...(libc && { libc }), optional: true, os });
    }
  }
  return found;
}

/** Whether a package installed at `path` would find `name`: beside its own files, or in a folder above. */
function isLocked(name: string, path: string, packages: Readonly<Record<string, LockedPackage>>): boolean {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    if (`${at === "" ? "" : `${at}/`}node_modules/${name}` in packages) return true;
    if (at === "") return false;
  }
}

/** What the name of a build says about where it runs (`cli-linux-arm64-musl`): npm skips it elsewhere. */
function platformOf(name: string): { readonly os: [string]; readonly cpu: [string]; readonly libc?: [string] } {
  const platform = /(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z0-9]+)(?:-(.+))?$/.exec(name);
  if (!platform) throw new Error(`${name}: its name does not say for which platform it was built`);
  const [, os = "", cpu = "", abi = ""] = platform;
  return os === "linux" ? { os: [os], cpu: [cpu], libc: [abi.startsWith("musl") ? "musl" : "glibc"] } : { os: [os], cpu: [cpu] };
}
