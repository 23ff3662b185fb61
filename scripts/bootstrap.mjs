// Runs scripts/<command>.ts on a fresh clone: plain JavaScript without dependencies, because nothing is installed yet.
// Use: node scripts/bootstrap.mjs <demo|test|check|audit|bench|build|build-wasm|build-exe|build-packages|api|docs|pack|soak|s3-up|s3-down> [arguments...]
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMMANDS = [
  "demo",
  "test",
  "check",
  "audit",
  "bench",
  "build",
  "build-wasm",
  "build-exe",
  "build-packages",
  "api",
  "docs",
  "pack",
  "soak",
  "s3-up",
  "s3-down",
];
/** npm puts our own programs first in PATH, so that `duplicity` would be ours where stock duplicity is meant. */
const PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.endsWith(join("node_modules", ".bin")))
  .join(delimiter);
/** The other commands build by themselves, because a failed build is part of what they report. */
const BUILT_FIRST = ["demo", "bench", "soak"];

const [command = "", ...args] = process.argv.slice(2);
requireNode(20, 19);
if (!COMMANDS.includes(command)) fail(`usage: node scripts/bootstrap.mjs <${COMMANDS.join("|")}> [arguments...]`, 2);
if (!isInstalled()) install();
if (BUILT_FIRST.includes(command)) {
  const code = await runScript("build", ["--if-stale"]);
  if (code !== 0) process.exit(code);
}
process.exit(await runScript(command, args));

/** Exits unless this is Node `major.minor` or later. */
function requireNode(major, minor) {
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(
    `doppel needs Node ${major}.${minor} or later; this is Node ${process.versions.node}. Install a newer one and run this again.`,
  );
}

/**
 * Whether node_modules is what package-lock.json asks for. Contents are compared, not times: git sets times as it likes,
 * and `npm install` writes the lock after the modules.
 */
function isInstalled() {
  const installedLock = join(ROOT, "node_modules/.package-lock.json");
  if (!existsSync(installedLock) || !existsSync(join(ROOT, "node_modules/.bin/doppel"))) return false;
  const wanted = readJson(join(ROOT, "package-lock.json")).packages;
  const installed = readJson(installedLock).packages;
  return Object.entries(wanted).every(([path, { version, integrity, optional, link }]) => {
    const found = installed[path];
    if (!path.includes("node_modules/")) return true;
    if (found === undefined) return optional === true; // built for another platform
    return found.version === version && found.integrity === integrity && found.link === link;
  });
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** `npm ci`, quietly; its output is shown when it fails. */
function install() {
  console.error("doppel: installing the npm packages of package-lock.json (npm ci) ...");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
  if (npm.status === 0) return;
  process.stderr.write(`${npm.stdout ?? ""}${npm.stderr ?? ""}`);
  const reason = npm.error?.message ?? `exit code ${npm.status}`;
  fail(
    `npm ci failed (${reason}), see above. Check that npm reaches its registry, then run \`npm ci\` in ${ROOT} and this again.`,
  );
}

/** Runs scripts/<name>.ts from source; resolves to its exit code. A signal sent to us is passed on, and is how we end when it ended so. */
function runScript(name, scriptArgs) {
  const script = join(ROOT, "scripts", `${name}.ts`);
  if (!existsSync(script)) fail(`scripts/${name}.ts is missing from this checkout; \`git status\` shows whether it was deleted.`);
  const child = spawn(process.execPath, ["-C", "@doppel/source", "--import", "tsx", script, ...scriptArgs], {
    cwd: ROOT,
    env: { ...process.env, PATH },
    stdio: "inherit",
  });
  const passOn = (signal) => {
    // A terminal sends Ctrl-C to the child as well; a second one would make programs drop their clean-up.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve) => {
    child.on("error", (error) => fail(`cannot start Node: ${error.message}`));
    child.on("exit", (code, signal) => {
      for (const each of signals) process.off(each, passOn);
      if (signal === null) return resolve(code);
      process.kill(process.pid, signal); // whoever started us sees the same end; the timer keeps us alive to receive it
      setTimeout(resolve, 1000, 1);
    });
  });
}

function fail(message, code = 1) {
  console.error(`doppel: ${message}`);
  process.exit(code);
}
