import { createReadStream } from "node:fs";
import { join } from "node:path";
import { type ByteStream, DoppelError, errnoOf, isDoppelError } from "@doppel/base";
import { ArchiveDir } from "../cache/archive-dir.ts";
import type { ReadContext } from "./context.ts";
import { fetchObject } from "./fetch.ts";
import { authenticate, unseal } from "./unseal.ts";

/** One manifest or signature archive, at hand and checked. */
export interface Metadata extends AsyncDisposable {
  /** What it is called where it was found. */
  readonly name: string;
  /** Its plain bytes, from the start. */
  bytes(): ByteStream;
}

const READ_CHUNK = 1 << 18;

/**
 * Opens the copy in the archive directory, or else fetches the object and checks it to its last byte. Undefined when it is
 * in neither place.
 * @param local the plain copy's name
 * @param remote the object's name, if the target has one
 * @param memoryLimit what the fetched object may take of memory, in bytes; a larger one goes to a temporary file
 * @throws volume.damaged, openpgp.*, storage.*
 */
export async function openMetadata(
  local: string,
  remote: string | undefined,
  context: ReadContext,
  memoryLimit: number,
): Promise<Metadata | undefined> {
  return (await openLocal(local, context)) ?? (remote === undefined ? undefined : fetchMetadata(remote, context, memoryLimit));
}

/** The copy in the archive directory, which is not checked before its end; undefined when it is not there. */
export async function openLocal(local: string, context: ReadContext): Promise<Metadata | undefined> {
  const { deps, runtime } = context;
  if (!(await new ArchiveDir(deps.archiveDir).has(local))) return undefined;
  runtime.emit({ type: "debug", detail: `reading ${local} from the archive directory` });
  const copy = join(deps.archiveDir, local);
  const payload = { size: 0, open: () => createReadStream(copy, { highWaterMark: READ_CHUNK }) };
  return {
    name: copy,
    bytes: () => tellingOfCopy(unseal(payload, context.unsealing(local, true)), copy),
    async [Symbol.asyncDispose]() {},
  };
}

/** Fetches an object and checks it to its last byte, and its signature, if one is expected. @throws volume.damaged, openpgp.*, storage.* */
export async function fetchMetadata(remote: string, context: ReadContext, memoryLimit: number): Promise<Metadata> {
  const spool = await fetchObject(remote, context, memoryLimit);
  const options = context.unsealing(remote);
  try {
    await authenticate(spool, options);
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw error;
  }
  return { name: remote, bytes: () => unseal(spool, options), [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose]() };
}

async function* tellingOfCopy(bytes: ByteStream, copy: string): ByteStream {
  try {
    yield* bytes;
  } catch (error) {
    const errno = errnoOf(error);
    if (!isDoppelError(error, "volume.damaged") && !isSystemError(error)) throw error;
    const reason = isDoppelError(error, "volume.damaged") ? error.data.reason : `it cannot be read: ${errno}`;
    const message = `the local copy ${copy} is damaged (${reason}); delete it, and the target's own is read instead`;
    throw new DoppelError("volume.damaged", message, { name: copy, reason }, error);
  }
}

/** Of a file, and no abort. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
