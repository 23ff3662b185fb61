/** From what came of a request to what is sent. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { S3Error } from "./error.ts";
import type { Reply } from "./exchange.ts";
import type { S3FaultEffect } from "./faults.ts";
import { send } from "./wire.ts";

/** @param resource  the path of the request */
export function errorReply({ status, code, message, details, headers }: S3Error, resource: string, withMessage: boolean): Reply {
  if (status === 304) return { status, headers };
  const shown = new S3Error(status, code, withMessage ? message : "", details);
  return { status, headers: { "content-type": "application/xml", ...headers }, body: shown.body(resource, "0") };
}

/** Sends the reply, with `effect` on its way; resolves when it is sent or broken off. */
export async function deliver(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  effect: S3FaultEffect | undefined,
  now: Date,
): Promise<void> {
  if (effect?.kind === "lostAnswer") return void request.socket.resetAndDestroy();
  const text = typeof reply.body === "string" ? Buffer.from(reply.body) : undefined;
  const headers = {
    date: now.toUTCString(),
    server: "AmazonS3",
    "x-amz-request-id": randomBytes(8).toString("hex").toUpperCase(),
    "content-length": reply.status === 204 || reply.status === 304 ? undefined : String(text?.length ?? 0),
    ...reply.headers,
  };
  response.sendDate = false;
  response.statusCode = reply.status;
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
  const { body } = reply;
  const bytes = typeof body === "object" ? body.content.slices(body.start, body.end) : text ? [text] : [];
  await send(request, response, request.method === "HEAD" ? [] : bytes, effect);
}
