import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { address } from "./bucket.ts";
import { crc32Of, formatCrc32, joinCrc32 } from "./crc32.ts";
import { cut, type Part } from "./cut.ts";
import { mayHaveArrived, unavailable } from "./errors.ts";
import type { PartPlan } from "./plan-parts.ts";
import { BeginAgain, beginAgainOr, creating, isStored, learnProtection, look, settleByLooking, type Writing } from "./put.ts";
import { abortUnknown } from "./unfinished.ts";

/** For tidying up, whatever else has been stopped. */
const ABORT_MS = 20_000;

/** An upload that has been begun: nothing of it can be seen before it is completed. */
interface Upload extends Writing {
  readonly id: string;
  /** Whether it was begun with a CRC-32 over the whole object. */
  readonly full: boolean;
}

/** A part that has arrived. */
interface SentPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string | undefined;
  /** CRC-32 of its bytes; 0 when it was not sent. */
  readonly sum: number;
}

/**
 * Stores an object in parts that are sent side by side, each from memory, so that it can be sent again. Whatever goes wrong,
 * the upload is aborted before this rejects: nothing is stored and nothing is left that has to be paid for.
 */
export async function uploadParts(writing: Writing, plan: PartPlan): Promise<void> {
  const upload = await begin(writing);
  let completing = false;
  try {
    const sent = await sendParts(upload, plan);
    completing = true;
    await complete(upload, sent);
  } catch (error) {
    learnProtection(writing, error, "complete");
    if (completing && (await isStored(writing))) return;
    await abort(upload);
    // The abort may have come too late, for a completion whose answer was lost.
    if (completing && (await isStored(writing))) return;
    throw error;
  }
}

/** An answer that is lost leaves an upload of which nobody knows the id: it is looked for by its key. */
async function begin(writing: Writing): Promise<Upload> {
  const { bucket, name, signal } = writing;
  let lost = false;
  const start = (): Promise<Omit<Upload, keyof Writing>> =>
    bucket.sender.send({
      operation: "store",
      action: "s3:PutObject",
      name,
      signal,
      run: async (client, options) => {
        const { full } = bucket.checksums;
        const sums = full ? ({ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" } as const) : {};
        try {
          const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...creating(writing), ...sums }), options);
          if (UploadId === undefined)
            throw unavailable("store", `cannot store ${name}: the server began an upload without an id`);
          return { id: UploadId, full };
        } catch (error) {
          lost ||= mayHaveArrived(error);
          throw error;
        }
      },
    });
  let started: Omit<Upload, keyof Writing> | undefined;
  try {
    started = await bucket.checksums.with(start);
    return { ...writing, ...started };
  } finally {
    if (lost) await abortUnknown(bucket, name, started?.id);
  }
}

/** The parts, in order. */
async function sendParts(upload: Upload, plan: PartPlan): Promise<readonly SentPart[]> {
  const { bucket, body, signal } = upload;
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const under = new Set<Promise<void>>();
  const parts: SentPart[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const part of cut(body, plan.partBytes, bucket.buffers, either)) {
      const task: Promise<void> = bucket.slots
        .run(() => sendPart(upload, part, either), either)
        .then((sent) => void parts.push(sent))
        .catch((error: unknown) => {
          failure ??= { error };
          stop.abort(error);
        })
        .finally(() => {
          bucket.buffers.give(part.bytes);
          under.delete(task);
        });
      under.add(task);
    }
  } catch (error) {
    failure ??= { error };
    stop.abort(error);
  }
  await Promise.all(under);
  if (failure) throw failure.error;
  return parts.sort((a, b) => a.number - b.number);
}

async function sendPart(upload: Upload, { number, bytes }: Part, signal: AbortSignal): Promise<SentPart> {
  const { bucket, name, id, full } = upload;
  const sum = full ? crc32Of(bytes) : 0;
  const sums = full ? { ChecksumCRC32: formatCrc32(sum) } : bucket.checksums.of(bytes);
  try {
    return await bucket.sender.send({
      operation: "store",
      action: "s3:PutObject",
      name,
      signal,
      run: async (client, options) => {
        const size = bytes.length;
        const input = { ...address(bucket, name), UploadId: id, PartNumber: number, Body: bytes, ContentLength: size, ...sums };
        const { ETag: etag } = await client.send(new UploadPartCommand(input), options);
        return { number, size, etag, sum };
      },
    });
  } catch (error) {
    throw beginAgainOr(error, LOST);
  }
}

async function complete(upload: Upload, parts: readonly SentPart[]): Promise<void> {
  const { bucket, name, body, signal, id, full } = upload;
  // As late as possible where the server would write over what has come meanwhile.
  if (bucket.protection.state.complete === "look" && (await look(upload, signal)) === "ours") return;
  const whole = parts.reduce((sum, part) => joinCrc32(sum, part.sum, part.size), 0);
  const sums = full ? ({ ChecksumCRC32: formatCrc32(whole), ChecksumType: "FULL_OBJECT" } as const) : {};
  const Parts = parts.map(({ number, etag, sum }) => ({
    PartNumber: number,
    ETag: etag,
    ...(full && { ChecksumCRC32: formatCrc32(sum) }),
  }));
  try {
    await bucket.sender.send<true>({
      operation: "store",
      action: "s3:PutObject",
      name,
      signal,
      settle: () => settleByLooking(upload),
      run: async (client, options) => {
        const input = { ...address(bucket, name), UploadId: id, MultipartUpload: { Parts }, MpuObjectSize: body.size, ...sums };
        await client.send(new CompleteMultipartUploadCommand({ ...input, ...bucket.protection.header }), options);
        return true;
      },
    });
  } catch (error) {
    throw beginAgainOr(error, LOST);
  }
  // Some servers answer before the object can be read, or do not compare its size.
  if ((await look(upload, signal)) === "nothing") throw new BeginAgain(`${name} was completed and is not there`);
}

/** An upload that is gone, or that met another one to the same name. */
const LOST = ["NoSuchUpload", "ConditionalRequestConflict"];

/** Best effort, with a time limit of its own: what is left is found by the next backup a day later, or by the bucket's lifecycle. */
async function abort({ bucket, name, id }: Upload): Promise<void> {
  await bucket.sender
    .send({
      operation: "abort the upload of",
      action: "s3:AbortMultipartUpload",
      name,
      signal: AbortSignal.timeout(ABORT_MS),
      run: (client, options) => client.send(new AbortMultipartUploadCommand({ ...address(bucket, name), UploadId: id }), options),
    })
    .catch(() => undefined);
}
