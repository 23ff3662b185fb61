import { PutObjectCommand } from "@aws-sdk/client-s3";
import { DoppelError, isDoppelError, type Payload } from "@doppel/base";
import { address, type Bucket, head } from "./bucket.ts";
import { cut } from "./cut.ts";
import { codeOf, taken, unavailable } from "./errors.ts";
import { MAX_OBJECT_BYTES, MIN_PART_BYTES, planParts } from "./plan-parts.ts";
import { uploadParts } from "./upload.ts";
import { writeParams } from "./write-params.ts";

const DEFAULT_PART_BYTES = 16 * 2 ** 20;
/** How often an object is begun again whose upload the server has lost, or that met another writer's. */
const ROUNDS = 3;
/** For what has to be found out or tidied up after an abort. */
const AFTER_ABORT_MS = 20_000;

/** Metadata that tells our own object from somebody else's when the answer to a write is lost. */
const MARK = "doppel-put";

/** One object on its way: each try to store it carries the same mark. */
export interface Writing {
  readonly bucket: Bucket;
  readonly name: string;
  readonly body: Payload;
  readonly mark: string;
  readonly signal: AbortSignal | undefined;
}

/** Marks of writes whose outcome could not be learned: the next try for that name knows its own object by them. */
export type Unsettled = Map<string, { readonly mark: string; readonly size: number }>;

/**
 * Creates an object, in one request or in parts. When it rejects, nothing has been stored; when the server could not even be
 * asked whether something has, it rejects with storage.unavailable, and the next try for that name finds out.
 * @throws storage.*; RangeError for a payload of another size; the payload's own error; the signal's reason
 */
export async function putObject(
  bucket: Bucket,
  unsettled: Unsettled,
  name: string,
  body: Payload,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  if (body.size > MAX_OBJECT_BYTES) {
    const message = `cannot store ${name}: ${body.size} bytes are more than S3 takes as one object; use smaller volumes`;
    throw new DoppelError("storage.refused", message, { operation: "store", reason: "too large" });
  }
  const before = unsettled.get(name);
  unsettled.delete(name);
  const mark = before?.size === body.size ? before.mark : Buffer.from(bucket.random.bytes(12)).toString("hex");
  const writing: Writing = { bucket, name, body, mark, signal };
  try {
    if ((await look(writing, signal)) === "nothing") await inRounds(writing);
  } catch (error) {
    if (isDoppelError(error, "storage.unavailable")) unsettled.set(name, { mark, size: body.size });
    throw error;
  }
}

async function inRounds(writing: Writing): Promise<void> {
  const { options, buffers } = writing.bucket;
  // A part is in memory as a whole: only an object that S3 would not take otherwise gets larger ones than the memory is meant for.
  const preferred = Math.max(Math.min(options.partBytes ?? DEFAULT_PART_BYTES, buffers.limit), MIN_PART_BYTES);
  const inOne = writing.body.size <= preferred;
  for (let round = 1; ; round++) {
    try {
      return await (inOne ? putWhole(writing) : uploadParts(writing, planParts(writing.body.size, preferred)));
    } catch (error) {
      const { message, cause } = error as Error;
      if (writing.bucket.protection.dropHeader(codeOf(cause))) continue;
      if (!(error instanceof BeginAgain)) throw error;
      if (round >= ROUNDS) throw unavailable("store", message, cause);
    }
  }
}

/** What has been done for an object so far is lost, and it was not stored. */
export class BeginAgain extends Error {}

/**
 * What is at the name: "nothing", or our own object.
 * @throws storage.exists when it is somebody else's
 */
export async function look({ bucket, name, body, mark }: Writing, signal?: AbortSignal): Promise<"nothing" | "ours"> {
  const found = await head(bucket, name, signal);
  if (found === undefined) return "nothing";
  if (found.Metadata?.[MARK] !== mark) throw taken(name, bucket.sender.place);
  if (found.ContentLength === body.size) return "ours";
  const message = `${name} was stored with ${found.ContentLength} bytes instead of ${body.size}: do not trust the server, nor this backup`;
  throw new DoppelError("storage.corrupt", message, { name });
}

/** For a write that failed, perhaps only in its answer: true when the object is there and ours. @throws storage.exists */
export async function settleByLooking(writing: Writing): Promise<true | undefined> {
  return (await look(writing, writing.signal)) === "ours" ? true : undefined;
}

/**
 * Whether a write that was refused or interrupted has stored our object all the same. Asked with a time limit of its own,
 * because the run's signal may be what interrupted it; false when there is no answer.
 */
export async function isStored(writing: Writing): Promise<boolean> {
  return (await look(writing, AbortSignal.timeout(AFTER_ABORT_MS)).catch(() => "unknown")) === "ours";
}

/** The parameters of the request that begins an object. */
export function creating({ bucket, name, mark }: Writing) {
  return { ...address(bucket, name), ...writeParams(name, bucket.options), Metadata: { [MARK]: mark } };
}

/** Notes that a server has refused a write because of `If-None-Match`. */
export function learnProtection({ bucket }: Writing, error: unknown, write: "put" | "complete"): void {
  if (isDoppelError(error, "storage.exists") && codeOf(error.cause) !== "") bucket.protection.proven(write);
}

/** A refusal after which the object can be begun again, or the error as it is. */
export function beginAgainOr(error: unknown, codes: readonly string[]): unknown {
  const { cause, message } = error as Error;
  return codes.includes(codeOf(cause)) ? new BeginAgain(message, { cause: error }) : error;
}

async function putWhole(writing: Writing): Promise<void> {
  const { bucket, signal } = writing;
  const bytes = await readWhole(writing);
  try {
    await bucket.slots.run(() => bucket.checksums.with(() => sendWhole(writing, bytes)), signal);
  } catch (error) {
    learnProtection(writing, error, "put");
    if (await isStored(writing)) return;
    throw beginAgainOr(error, ["ConditionalRequestConflict"]);
  } finally {
    if (bytes.length > 0) bucket.buffers.give(bytes);
  }
}

/** The payload as its only part, read to its end before a byte is sent: one that is too long must not be stored. */
async function readWhole({ bucket, body, signal }: Writing): Promise<Buffer> {
  let whole: Buffer | undefined;
  try {
    for await (const { bytes } of cut(body, Math.max(body.size, 1), bucket.buffers, signal)) whole = bytes;
    return whole ?? Buffer.alloc(0);
  } catch (error) {
    if (whole) bucket.buffers.give(whole);
    throw error;
  }
}

function sendWhole(writing: Writing, bytes: Buffer): Promise<true> {
  const { bucket, name, signal } = writing;
  return bucket.sender.send<true>({
    operation: "store",
    action: "s3:PutObject",
    name,
    signal,
    settle: () => settleByLooking(writing),
    run: async (client, options) => {
      const body = { Body: bytes, ContentLength: bytes.length, ...bucket.checksums.of(bytes) };
      const input = { ...creating(writing), ...body, ...bucket.protection.header };
      const { VersionId } = await client.send(new PutObjectCommand(input), options);
      bucket.protection.sawVersion(VersionId);
      return true;
    },
  });
}
