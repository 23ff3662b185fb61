import { GetObjectCommand, type GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { type ByteStream, DoppelError, isDoppelError } from "@doppel/base";
import type { Readable } from "node:stream";
import type { ByteRange } from "../storage.ts";
import { address, type Bucket, head, isNotListed } from "./bucket.ts";
import { crc32Of, formatCrc32 } from "./crc32.ts";
import { codeOf, statusOf, type S3Step } from "./errors.ts";
import { archivedBy } from "./list.ts";

/** How often a body may break before `PROGRESS` more bytes have come: so much patience is bounded by the object's size. */
const BREAKS = 4;
const PROGRESS = 2 ** 20;

/** An object, or one of its versions, to be read. */
export interface Source {
  readonly bucket: Bucket;
  readonly name: string;
  readonly versionId?: string;
}

/**
 * The bytes of an object or of a range of it, passed on as they come: damage is told at the end, and the caller, who has kept or
 * can drop what came before, fetches the object again. A body that breaks is gone on with where it broke; its length is checked, and,
 * for a whole object whose CRC-32 the server keeps, that.
 * @throws storage.not-found, storage.archived, storage.corrupt, storage.unavailable, …; the signal's reason
 */
export async function* getObject(source: Source, range: ByteRange | undefined, signal?: AbortSignal): ByteStream {
  const { bucket, name } = source;
  const start = range?.start ?? 0;
  const end = range?.end ?? Number.MAX_SAFE_INTEGER;
  if (range !== undefined && start === end) return mustExist(source, signal);
  const step: S3Step = { operation: "read", action: source.versionId ? "s3:GetObjectVersion" : "s3:GetObject", name };
  let at = start;
  let first: GetObjectCommandOutput | undefined;
  let last = end;
  let sum = 0;
  for (let breaks = 0, since = at; at < last; ) {
    const answer = await open(source, step, at === 0 && range === undefined ? undefined : { start: at, end }, first, signal);
    if (answer === undefined) break; // nothing lies in the range
    first ??= answer;
    last = Math.min(end, at + (answer.ContentLength ?? 0));
    try {
      for await (const chunk of chunksOf(answer.Body as Readable, signal)) {
        at += chunk.length;
        if (range === undefined) sum = crc32Of(chunk, sum);
        yield chunk;
      }
      if (at < last) throw Object.assign(new Error("the body ended early"), { code: "ECONNRESET" });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const failure = bucket.sender.failure(error, step);
      if (at - since >= PROGRESS) breaks = 0;
      since = at;
      if (!isDoppelError(failure, "storage.unavailable") || ++breaks >= BREAKS) throw failure;
      await bucket.sender.pause(step, failure, breaks, signal);
    }
  }
  if (range === undefined && first !== undefined) compareSum(name, first, sum);
}

async function open(
  { bucket, name, versionId }: Source,
  step: S3Step,
  range: ByteRange | undefined,
  first: GetObjectCommandOutput | undefined,
  signal: AbortSignal | undefined,
): Promise<GetObjectCommandOutput | undefined> {
  let answer: GetObjectCommandOutput;
  try {
    const ask = (): Promise<GetObjectCommandOutput> =>
      bucket.sender.send({
        ...step,
        signal,
        run: (client, options) => {
          const command = new GetObjectCommand({
            ...address(bucket, name),
            ...(range !== undefined && { Range: rangeHeader(range) }),
            ...(versionId !== undefined && { VersionId: versionId }),
          });
          if (range === undefined && bucket.checksums.full) askForChecksum(command);
          return client.send(command, options);
        },
      });
    answer = await (range === undefined ? bucket.checksums.with(ask, false) : ask());
  } catch (error) {
    if (isDoppelError(error, "storage.archived")) throw await withClass({ bucket, name }, error, signal);
    const isDenied = isDoppelError(error, "storage.denied") && versionId === undefined;
    if (isDenied && (await isNotListed(bucket, name, signal))) throw notThere({ bucket, name });
    const { cause } = error as Error;
    if (range !== undefined && (statusOf(cause) === 416 || codeOf(cause) === "InvalidRange")) return undefined;
    throw error;
  }
  if (first !== undefined && answer.ETag !== first.ETag) {
    (answer.Body as Readable).destroy();
    throw corrupt(name, "it was replaced while it was read");
  }
  return answer;
}

/** As `ChecksumMode: "ENABLED"`, for which the SDK would wrap the body and check it a second time. */
function askForChecksum(command: GetObjectCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers["x-amz-checksum-mode"] = "ENABLED";
      return next(args);
    },
    { step: "build", name: "askForChecksum" },
  );
}

function rangeHeader({ start, end }: ByteRange): string {
  return end >= Number.MAX_SAFE_INTEGER ? `bytes=${start}-` : `bytes=${start}-${end - 1}`;
}

/** Leaving the loop early destroys the connection. */
async function* chunksOf(body: Readable, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const stop = (): void => void body.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of body) {
      signal?.throwIfAborted();
      yield chunk as Uint8Array;
    }
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", stop);
    body.destroy();
  }
}

/** A checksum of checksums (a `-` and the number of parts behind it) says nothing about the bytes in order. */
function compareSum(name: string, { ChecksumCRC32 }: GetObjectCommandOutput, sum: number): void {
  if (ChecksumCRC32 === undefined || ChecksumCRC32.includes("-") || ChecksumCRC32 === formatCrc32(sum)) return;
  throw corrupt(name, `its CRC-32 is ${formatCrc32(sum)} instead of ${ChecksumCRC32}`);
}

function corrupt(name: string, reason: string): DoppelError {
  return new DoppelError("storage.corrupt", `${name} did not arrive as it is stored: ${reason}; run it again`, { name });
}

async function mustExist({ bucket, name }: Source, signal: AbortSignal | undefined): Promise<void> {
  if ((await head(bucket, name, signal)) !== undefined) return;
  throw notThere({ bucket, name });
}

function notThere({ bucket, name }: Source): DoppelError {
  return new DoppelError("storage.not-found", `cannot read ${name} in S3 bucket ${bucket.name}: it is not there`, { name });
}

/** The refusal to read an archived object does not name its class. */
async function withClass({ bucket, name }: Source, error: DoppelError<"storage.archived">, signal: AbortSignal | undefined) {
  const found = await head(bucket, name, signal).catch(() => undefined);
  const { archived } = archivedBy(found?.StorageClass);
  return archived ? new DoppelError("storage.archived", error.message, { name, class: archived.class }, error.cause) : error;
}
