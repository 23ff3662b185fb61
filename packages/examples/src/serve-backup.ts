/**
 * Serves the files of a backup over HTTP, as they were at a point in time, with range requests. Nothing is restored to the disk.
 *
 *     node serve-backup.ts s3://backups/web1 secret-key.asc 8080 2026-11-01T00:00:00Z
 *
 * It asks nobody for a password: let it listen where only you can reach it, as it does unless told otherwise.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { type FileEntry, isDoppelError, keysFromSecretKey, openTarget, pathBytes, type Target } from "@doppel/engine";

/** A server that shows what the target has at `time`, or has last; the caller lets it listen, and closes it and then the target. */
export function serveBackup(target: Target, time?: Date): Server {
  return createServer((request, response) => {
    answer(target, time, request, response).catch((error: unknown) => fail(response, error));
  });
}

async function answer(target: Target, time: Date | undefined, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") return void response.writeHead(405, { allow: "GET, HEAD" }).end();
  const stop = new AbortController();
  response.on("close", () => stop.abort()); // who has gone needs no more volumes
  const options = { signal: stop.signal, ...(time && { time }) };
  const entry = await target.stat(pathIn(request.url ?? "/"), options);
  if (entry?.type === "dir") return sendFolder(target, entry.path, options, response);
  if (entry?.type !== "file") return void response.writeHead(404).end("not in this backup\n");
  const { size } = entry;
  const range = size === undefined ? undefined : rangeOf(request.headers.range, size);
  const headers = { "last-modified": entry.mtime.toUTCString(), "content-type": "application/octet-stream" };
  if (range === "unsatisfiable") return void response.writeHead(416, { "content-range": `bytes */${size}` }).end();
  if (range) {
    const { start, end } = range;
    const partial = { "content-range": `bytes ${start}-${end - 1}/${size}`, "content-length": end - start };
    response.writeHead(206, { ...headers, ...partial });
  } else if (size === undefined) response.writeHead(200, headers);
  else response.writeHead(200, { ...headers, "accept-ranges": "bytes", "content-length": size });
  if (request.method === "HEAD") return void response.end();
  await pipeline(Readable.from(target.read(entry.path, { ...options, ...range }), { objectMode: false }), response);
}

async function sendFolder(target: Target, path: string, options: object, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
  for await (const entry of target.list({ ...options, path, recursive: false })) {
    if (entry.path !== path) response.write(`${nameOf(entry)}\n`);
  }
  response.end();
}

/** As it stands in a URL: a name may hold any byte. */
function nameOf({ path, type }: FileEntry): string {
  const bytes = Buffer.from(pathBytes(path.slice(path.lastIndexOf("/") + 1))).toString("latin1");
  const name = bytes.replace(/[^\w.~-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return type === "dir" ? `${name}/` : name;
}

function pathIn(url: string): Uint8Array {
  const { pathname } = new URL(url, "http://backup");
  const bytes = pathname.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(bytes.replace(/^\/+|\/+$/g, ""), "latin1");
}

/** RFC 9110, section 14: one range of bytes. Several, and what is none, may be passed over. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  return start < end ? { start, end } : "unsatisfiable";
}

function fail(response: ServerResponse, error: unknown): void {
  if (isDoppelError(error, "run.aborted")) return; // the client has gone
  const isBadPath = isDoppelError(error, "api.bad-argument");
  if (!isBadPath) console.error(error instanceof Error ? error.message : error);
  // Once the first byte is out, breaking off is the only way to say that the rest is missing.
  if (response.headersSent) response.destroy();
  else response.writeHead(isBadPath ? 404 : 502).end(isBadPath ? "not in this backup\n" : "the backup cannot be read\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [url = "", keyFile = "", port = "8080", time] = process.argv.slice(2);
  const target = await openTarget(url, { keys: keysFromSecretKey(await readFile(keyFile), process.env["KEY_PASSPHRASE"]) });
  const server = serveBackup(target, time === undefined ? undefined : new Date(time));
  server.listen(Number(port), "127.0.0.1", () => console.log(`${target.label} is at http://127.0.0.1:${port}/`));
  process.once("SIGINT", () => server.close(() => void target.close()));
}
