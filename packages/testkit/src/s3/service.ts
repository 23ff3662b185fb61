/** One request from its arrival to its answer: the order in which S3 looks at things. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { bucketOf, checkPermission, checkRegion } from "./authorise.ts";
import { checkBodyHeaders, readBody } from "./body.ts";
import { notImplemented, S3Error } from "./error.ts";
import type { Exchange, Reply, S3World } from "./exchange.ts";
import { type FaultBook, faultError, type S3FaultEffect } from "./faults.ts";
import { HANDLERS } from "./handlers.ts";
import type { Gate } from "./listen.ts";
import { targetOf } from "./operation.ts";
import { deliver, errorReply } from "./reply.ts";
import { type OpenRequest, openRecord } from "./request-record.ts";
import { verifySignature } from "./signature.ts";
import type { S3Credentials } from "./types.ts";
import { BrokenOff, breakOff, receive } from "./wire.ts";

export interface S3Service {
  readonly world: S3World;
  readonly credentials: Readonly<Record<"admin" | "append", S3Credentials>>;
  readonly appendActions: readonly string[];
  readonly faults: FaultBook;
  readonly requests: OpenRequest[];
}

/** Never rejects: what goes wrong in here is an answer of 500 and a line on stderr. */
export async function serveS3(service: S3Service, request: IncomingMessage, response: ServerResponse, gate: Gate): Promise<void> {
  const { world, faults, requests } = service;
  try {
    const record = openRecord(request, (id) => userOf(service, id));
    requests.push(record);
    const effect = faults.effectOn(record);
    const body = receive(request, effect, (count) => (record.bytes += count));
    const reply = await answer(service, request, body, effect, gate).catch(async (error: unknown) => {
      if (error instanceof BrokenOff) throw error;
      // A client that waits is not told to go on; from others the body is taken off the line first.
      if (!gate.closed) for await (const _ of body);
      return errorReply(asS3Error(error), record.path, !world.quirks.emptyErrorMessages);
    });
    if (gate.closed) response.setHeader("connection", "close");
    if (effect?.kind !== "lostAnswer") record.status = reply.status;
    await deliver(request, response, reply, effect, world.now());
  } catch (error) {
    if (error instanceof BrokenOff) return;
    response.setHeader("connection", "close");
    await deliver(request, response, errorReply(asS3Error(error), "", true), undefined, world.now());
  }
}

async function answer(
  service: S3Service,
  request: IncomingMessage,
  stream: AsyncIterable<Buffer>,
  effect: S3FaultEffect | undefined,
  gate: Gate,
): Promise<Reply> {
  const { world, appendActions } = service;
  const { quirks } = world;
  if (effect?.kind === "reset" && effect.at === "start") await breakOff(request, effect);
  const fault = faultError(effect, request, world.now());
  if (fault !== undefined) throw fault;

  const target = targetOf(request.method ?? "", request.url ?? "/", request.headers);
  const secretOf = (id: string) =>
    Object.values(service.credentials).find(({ accessKeyId }) => accessKeyId === id)?.secretAccessKey;
  const signed = verifySignature(request, target, secretOf, world.now());
  const user = userOf(service, signed.accessKeyId);
  const may = (action: string) => user === "admin" || appendActions.includes(action);
  checkRegion(world, target, signed.region);
  if (target.operation === "Unknown")
    throw new S3Error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
  const bucket = bucketOf(world, target);
  checkPermission(request, target, user, may, quirks.requiresIfNoneMatch);
  const handler = HANDLERS[target.operation];
  if (handler === undefined) throw notImplemented(target.operation);
  checkBodyHeaders(request, quirks);
  gate.open();
  const body = await readBody(request.headers, stream, signed.payload, quirks, target.operation !== "CompleteMultipartUpload");
  const exchange: Exchange = { world, target, headers: request.headers, user, bucket, body, may };
  if (effect?.kind !== "errorIn200") return handler(exchange);
  if (effect.done === true) handler(exchange);
  throw new S3Error(200, effect.code ?? "InternalError", "We encountered an internal error. Please try again.");
}

function userOf({ credentials }: S3Service, accessKeyId: string): string {
  return Object.entries(credentials).find(([, own]) => own.accessKeyId === accessKeyId)?.[0] ?? accessKeyId;
}

function asS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (error instanceof URIError) return new S3Error(400, "InvalidURI", "Couldn't parse the specified URI.");
  console.error("the S3 server of the tests failed:", error);
  return new S3Error(500, "InternalError", String(error));
}
