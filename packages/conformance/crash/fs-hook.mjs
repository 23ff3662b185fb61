// Loaded into the built program with --import: numbers what it does to the files of some folders, and records it, or kills the program at one of these operations.
//   CRASH_PLACES  JSON: the folders
//   CRASH_RECORD  a file that gets a line of JSON when an operation begins, and one when it has ended
//   CRASH_AT, CRASH_WHEN  SIGKILL before, in the middle of, or after the operation of that number (from 1)
//   CRASH_NO_LINKS  link(2) fails, as on FAT
import fs, { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const { CRASH_PLACES = "[]", CRASH_RECORD, CRASH_AT = "0", CRASH_WHEN, CRASH_NO_LINKS } = process.env;
const places = JSON.parse(CRASH_PLACES);
const at = Number(CRASH_AT);
const record = isMainThread && CRASH_RECORD ? fs.openSync(CRASH_RECORD, "a") : undefined;
const paths = new WeakMap();
const writeSync = fs.writeSync;
let count = 0;

const textOf = (path) => (typeof path === "string" ? path : Buffer.from(path).toString());
const isOurs = (path) => places.some((place) => path === place || path.startsWith(`${place}/`) || place.startsWith(`${path}/`));
const tell = (event) => record === undefined || writeSync(record, `${JSON.stringify(event)}\n`);
const die = () => {
  process.kill(process.pid, "SIGKILL");
  for (;;); // the signal is on its way
};

/** @param half begins what is half the operation, and resolves when that is done */
async function operation(what, work, half) {
  const number = ++count;
  tell({ number, begins: true, ...what });
  if (number === at && CRASH_WHEN === "before") die();
  if (number === at && CRASH_WHEN === "middle") {
    if (half) await half();
    else work().catch(() => {}); // on its way to the kernel in another thread
    die();
  }
  let failed;
  try {
    return await work();
  } catch (error) {
    failed = error.code ?? String(error);
    throw error;
  } finally {
    tell({ number, ends: true, ...(failed && { failed }) });
    if (number === at) die();
  }
}

function wrapPath(name, { second = false } = {}) {
  const real = promises[name];
  promises[name] = (path, ...rest) => {
    const first = textOf(path);
    if (!isOurs(first)) return real(path, ...rest);
    const what = { call: name, path: first, ...(second && { to: textOf(rest[0]) }) };
    if (name === "link" && CRASH_NO_LINKS) {
      return operation(what, async () => {
        throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM", errno: -1, syscall: "link" });
      });
    }
    return operation(what, () => real(path, ...rest));
  };
}

if (isMainThread && places.length > 0) {
  for (const name of ["mkdir", "unlink", "rm", "rmdir", "truncate"]) wrapPath(name);
  for (const name of ["link", "rename"]) wrapPath(name, { second: true });
  const { open, symlink } = promises;
  promises.symlink = (target, path) =>
    isOurs(textOf(path))
      ? operation({ call: "symlink", path: textOf(path) }, () => symlink(target, path))
      : symlink(target, path);
  promises.open = async (path, flags = "r", mode) => {
    const name = textOf(path);
    if (!isOurs(name)) return open(path, flags, mode);
    const handle = await operation({ call: "open", path: name, flags }, () => open(path, flags, mode));
    paths.set(handle, name);
    return handle;
  };
  const prototype = Object.getPrototypeOf(await open("/proc/self/stat").then(async (handle) => (await handle.close(), handle)));
  const wrapHandle = (name, describe, halve) => {
    const real = prototype[name];
    prototype[name] = function (...given) {
      const path = paths.get(this);
      if (path === undefined) return real.apply(this, given);
      const half = halve?.(given);
      return operation(
        { call: name, path, ...describe?.(given) },
        () => real.apply(this, given),
        half && (() => real.apply(this, half)),
      );
    };
  };
  const bytesOf = (data) => Buffer.from(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength ?? data.length);
  wrapHandle(
    "write",
    ([data, offset, length, position]) => {
      if (typeof data === "string") return { data: Buffer.from(data).toString("base64"), position: null };
      const bytes = bytesOf(data).subarray(offset ?? 0, (offset ?? 0) + (length ?? data.byteLength));
      return { ...(record !== undefined && { data: bytes.toString("base64") }), size: bytes.length, position: position ?? null };
    },
    ([data, offset, length, position]) =>
      typeof data === "string"
        ? [data.slice(0, data.length >> 1)]
        : [data, offset ?? 0, Math.floor((length ?? data.byteLength) / 2 / 4096) * 4096, position],
  );
  wrapHandle(
    "writeFile",
    ([data]) => ({ data: Buffer.from(data).toString("base64"), position: null }),
    ([data]) => [data.slice(0, data.length >> 1)],
  );
  for (const name of ["sync", "datasync", "truncate"]) wrapHandle(name);
  syncBuiltinESMExports();
}
