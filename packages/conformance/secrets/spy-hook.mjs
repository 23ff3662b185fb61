// Loaded into the built program and its threads with --import: notes every program that it starts, with its arguments and its whole
// environment, and every path that it opens to write. /proc would miss what ends at once.
//   SPY  the file that gets a line of JSON for each; without it (doppel's agent has no environment) nothing is noted
//   SPY_KILL  a signal, sent to the program when it gives a file of a test restore its name: by then plain text is on the disk
//   SPY_KILL_MADE  SIGKILL as soon as a file was made whose path begins so, before it can have been unlinked
//   SPY_REPORT  a diagnostic report of Node's goes there at the end, as NODE_OPTIONS=--report-... of the user's would make one
import childProcess from "node:child_process";
import fs, { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const { SPY, SPY_KILL, SPY_KILL_MADE, SPY_REPORT } = process.env;
if (SPY) {
  const { writeSync } = fs;
  const spy = fs.openSync(SPY, "a");
  const note = (event) => writeSync(spy, `${JSON.stringify(event)}\n`);
  const textOf = (path) => (typeof path === "string" ? path : Buffer.from(path.href ?? path).toString());

  // spawn, exec, execFile and fork all end here; the synchronous ones do not.
  const { spawn } = childProcess.ChildProcess.prototype;
  childProcess.ChildProcess.prototype.spawn = function (options) {
    note({ program: options.file, args: options.args, env: options.envPairs });
    return spawn.call(this, options);
  };
  for (const name of ["spawnSync", "execFileSync", "execSync"]) {
    const real = childProcess[name];
    childProcess[name] = (file, ...rest) => {
      const args = Array.isArray(rest[0]) ? rest[0] : [];
      const { env = process.env } = rest.find((one) => one && typeof one === "object" && !Array.isArray(one)) ?? {};
      note({ program: file, args, env: Object.entries(env).map(([key, value]) => `${key}=${value}`) });
      return real(file, ...rest);
    };
  }

  const die = (signal = "SIGKILL") => {
    process.kill(process.pid, signal);
    for (;;); // the signal is on its way
  };
  const isForWriting = (flags) => (typeof flags === "number" ? (flags & 3) !== 0 : /[wa+]/.test(flags ?? "r"));
  const opened = (path) => typeof path === "number" || typeof path?.fd === "number" || note({ opened: textOf(path) });
  for (const [of, name] of [
    [fs, "openSync"],
    [fs, "open"],
    [promises, "open"],
  ]) {
    const real = of[name];
    of[name] = (path, flags, ...rest) => {
      if (!isForWriting(flags)) return real(path, flags, ...rest);
      opened(path);
      const result = real(path, flags, ...rest);
      if (!SPY_KILL_MADE || !textOf(path).startsWith(SPY_KILL_MADE)) return result;
      return result instanceof Promise ? result.then(() => die()) : die();
    };
  }
  for (const name of ["writeFileSync", "appendFileSync", "mkdirSync", "createWriteStream"]) wrap(fs, name);
  for (const name of ["writeFile", "appendFile", "mkdir"]) wrap(promises, name);
  wrap(fs, "copyFileSync", 1);
  wrap(promises, "copyFile", 1);
  const { mkdtempSync } = fs;
  fs.mkdtempSync = (prefix, ...rest) => {
    opened(prefix);
    return mkdtempSync(prefix, ...rest);
  };

  function wrap(of, name, which = 0) {
    const real = of[name];
    of[name] = (...given) => {
      opened(given[which]);
      return real(...given);
    };
  }

  if (SPY_KILL) {
    const { linkSync } = fs;
    fs.linkSync = (...given) => {
      linkSync(...given);
      die(SPY_KILL);
    };
  }
  if (SPY_REPORT && isMainThread) process.on("exit", () => process.report.writeReport(SPY_REPORT));
  syncBuiltinESMExports();
}
