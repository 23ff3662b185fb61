// Loaded into the built program with --import: makes writing below a folder fail.
//   FAIL  JSON: {folder, at, code, times}: from the write, sync, link or rename of that number (from 1) on, so many give this error
import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const { folder, at, code, times } = JSON.parse(process.env.FAIL);
const ours = new WeakSet();
let count = 0;

const isOurs = (path) => `${path}/`.startsWith(`${folder}/`);
const fail = (call) => {
  count++;
  if (count < at || count >= at + times) return;
  throw Object.assign(new Error(`${code}: injected, ${call}`), { code, errno: -1, syscall: call });
};

if (isMainThread) {
  for (const name of ["link", "rename", "mkdir"]) {
    const real = promises[name];
    promises[name] = async (path, ...rest) => {
      if (isOurs(path)) fail(name);
      return real(path, ...rest);
    };
  }
  const { open } = promises;
  promises.open = async (path, flags = "r", ...rest) => {
    if (isOurs(path) && /^[wa]/.test(String(flags))) fail("open");
    const handle = await open(path, flags, ...rest);
    if (isOurs(path)) ours.add(handle);
    return handle;
  };
  const prototype = Object.getPrototypeOf(await open("/proc/self/stat").then(async (handle) => (await handle.close(), handle)));
  for (const name of ["write", "writeFile", "writev", "sync", "datasync"]) {
    const real = prototype[name];
    prototype[name] = async function (...given) {
      if (ours.has(this)) fail(name);
      return real.apply(this, given);
    };
  }
  syncBuiltinESMExports();
}
