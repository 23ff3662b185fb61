import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "vitest";

/** A stock program that our results are checked against. */
export interface Reference {
  /** Absolute. */
  readonly path: string;
  /** The first line with a digit of what it says about its version. */
  readonly version: string;
}

/** Those that do not take `--version`. */
const VERSION_ARGUMENT: Readonly<Record<string, string>> = { duply: "version", openssl: "version" };

const known = new Map<string, Reference | undefined>();

/**
 * The program as found in PATH, or undefined. Looked up once. `python:MODULE` is a module that Debian's Python, which duplicity
 * runs on, can import; its path is that of the Python.
 */
export function reference(name: string): Reference | undefined {
  if (!known.has(name)) known.set(name, find(name));
  return known.get(name);
}

function find(name: string): Reference | undefined {
  const module = /^python:(\w+)$/.exec(name)?.[1];
  if (module !== undefined) return pythonModule(module);
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (!isProgram(path)) continue;
    const { stdout, stderr } = spawnSync(path, [VERSION_ARGUMENT[name] ?? "--version"], {
      encoding: "utf8",
      timeout: 30_000,
      input: "",
    });
    const version = `${stdout ?? ""}\n${stderr ?? ""}`.split("\n").find((line) => /\d/.test(line));
    return { path, version: version?.trim() ?? "unknown" };
  }
  return undefined;
}

function pythonModule(module: string): Reference | undefined {
  const path = "/usr/bin/python3";
  const { status, stdout } = spawnSync(path, ["-c", `import ${module}; print(${module}.__version__)`], { encoding: "utf8" });
  return status === 0 ? { path, version: stdout.trim() } : undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * A `describe` whose tests need stock programs. When one is missing the block is skipped with one line that names it, or
 * is one failing test when DOPPEL_REQUIRE_INTEROP=1. `body` runs only when all are there.
 */
export function describeInterop(programs: readonly string[], title: string, body: () => void): void {
  const missing = programs.filter((name) => reference(name) === undefined);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const message = `${title}: needs ${missing.join(", ")}, not found in PATH`;
  if (process.env["DOPPEL_REQUIRE_INTEROP"] === "1") {
    it(title, () => {
      throw new Error(message);
    });
    return;
  }
  console.warn(`SKIPPED ${message}`);
  describe.skip(title, () => {
    it(`needs ${missing.join(", ")}`, () => undefined);
  });
}
